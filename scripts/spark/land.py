#!/usr/bin/env python3
"""Land a Kafka topic in HDFS with Spark Structured Streaming, by the day of each access line.

The rows of each partition are those that `kcons -E TOPIC | hdfsput -E -d DIR` writes, byte for
byte: year=2026/month=11/dayofmonth=22 by the date as written in the line, in its own zone, and
__HIVE_DEFAULT_PARTITION__ for lines without one.

    eval "$(scripts/stack env)"
    "$SPARK_HOME/bin/spark-submit" scripts/spark/land.py --once retaildg /archive

A cluster elsewhere needs --packages org.apache.spark:spark-sql-kafka-0-10_2.13:4.0.0 before the
name of this file.
"""
import argparse
import os
import re
import signal
import socket
import sys

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession, functions as F

PROGRAM = os.path.basename(sys.argv[0])
# What sysexits.h calls them, as the rest of the suite does.
USAGE, DATA, UNAVAILABLE, PASSING = 64, 65, 69, 75

# The date of a request: a real one, so that no line ever fails a conversion.
LEAP = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
DATE = "(?:{})".format("|".join((
    "(?:0[1-9]|1[0-9]|2[0-8])/(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/[0-9]{4}",
    "(?:29|30)/(?:Jan|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/[0-9]{4}",
    "31/(?:Jan|Mar|May|Jul|Aug|Oct|Dec)/[0-9]{4}",
    "29/Feb/" + LEAP,
)))
CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)"
ZONE = "[+-](?:(?:[01][0-9]|2[0-3])[0-5][0-9]|2400)"
# Behind host and ident; a user name may hold brackets, but only the time is followed by a quote.
TIME = rf'(?s)\A[^ ]*+ [^ ]*+ .*?\[({DATE}):{CLOCK} {ZONE}\](?:\z| ")'
REACH = 1 << 20  # bytes of a line in which the time is looked for

MONTHS = {name: str(i + 1) for i, name in enumerate(
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())}
PARTITIONS = ("year", "month", "dayofmonth")


def with_date(lines):
    """Of binary `value`, the column of that name as text and the three of its partition."""
    # A byte is a character here: whatever a line holds, it can be searched.
    head = F.decode(F.substring("value", 1, REACH), "ISO-8859-1")
    date = F.nullif(F.regexp_extract(head, TIME, 1), F.lit(""))
    month = F.create_map(*(F.lit(word) for pair in MONTHS.items() for word in pair))
    return lines.withColumn("date", date).select(
        F.col("value").cast("string").alias("value"),
        F.substring("date", 8, 4).alias("year"),
        month[F.substring("date", 4, 3)].alias("month"),
        F.regexp_replace(F.substring("date", 1, 2), "^0", "").alias("dayofmonth"))


def read_topic(spark, brokers, topic, settings=()):
    """The topic from its beginning, as a stream of binary `value`."""
    # What a transaction took back is not there, and what went missing is an error.
    options = {"kafka.bootstrap.servers": brokers, "subscribe": topic,
               "startingOffsets": "earliest", "kafka.isolation.level": "read_committed"}
    options.update(("kafka." + name, value) for name, value in settings)
    topic = spark.readStream.format("kafka").options(**options).load()
    # A newline within a record would make two lines of it.
    torn = F.expr("contains(value, X'0A')")
    return topic.select(F.when(torn, F.raise_error(F.lit("a record holds a newline")))
                        .otherwise(F.col("value")).alias("value"))


def write_lines(dated, directory, checkpoint=None):
    """The writer of what with_date gives; .trigger(…).start() is left to do."""
    # Beside the data, so that both are deleted together; `_` hides it from Hive and Spark.
    return (dated.writeStream.format("text").partitionBy(*PARTITIONS)
            .option("path", directory)
            .option("checkpointLocation", checkpoint or directory.rstrip("/") + "/_checkpoint"))


def follow(query):
    """Tell each batch, until the query ends or a signal comes; raises what it failed with."""
    signals = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda caught, _: signals.append(caught))
    told, ended = -1, False
    while not ended:
        ended = query.awaitTermination(1)
        # Half a batch would leave files behind.
        if signals and not query.status["isTriggerActive"]:
            query.stop()
            ended = True
        for batch in query.recentProgress:
            if batch.batchId > told and batch.numInputRows:
                told = batch.batchId
                say(f"batch {told}: {batch.numInputRows} records")


def say(text):
    print(f"{PROGRAM}: {text}", file=sys.stderr, flush=True)


def die(status, text):
    say(text)
    sys.exit(status)


def look_for(brokers):
    """One of them must listen: Spark would try for minutes, and not say where."""
    for broker in brokers.split(","):
        host, _, port = broker.strip().rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), 5).close()
            return
        except ValueError:
            die(USAGE, f"connect: {broker}: wants HOST:PORT")
        except OSError as e:
            why = e
    die(UNAVAILABLE, f"connect: {brokers}: {why}: give the brokers with -b or KAFKA_BROKERS")


def root_cause(error):
    """The innermost sentence of what Spark wraps several times."""
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    while java is not None and java.getCause() is not None:
        java = java.getCause()
    text = str(java.toString() if java is not None else error).strip().splitlines()[0]
    return re.sub(r"^[a-z]+(\.[\w$]+)+: ", "", text)


class Parser(argparse.ArgumentParser):
    def error(self, message):
        die(USAGE, f"{message}\nTry '{PROGRAM} --help'.")


def setting(text):
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"'{text}': wants NAME=VALUE")
    return name, value


def arguments():
    p = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("topic")
    p.add_argument("dir", help="in HDFS, for this alone: hdfsput needs another one")
    p.add_argument("-b", "--brokers", default=os.environ.get("KAFKA_BROKERS"),
                   help="HOST:PORT,… (default: KAFKA_BROKERS)")
    p.add_argument("--once", action="store_true", help="land what the topic holds now, and end")
    p.add_argument("--trigger", metavar="TIME", default="30 seconds",
                   help="else a batch begins so often (default: %(default)s)")
    p.add_argument("--checkpoint", metavar="DIR",
                   help="where the positions are kept (default: _checkpoint in DIR)")
    p.add_argument("-X", dest="settings", metavar="NAME=VALUE", type=setting, action="append", default=[],
                   help="a setting of Kafka's Java consumer, such as security.protocol=SSL")
    args = p.parse_args()
    if not args.brokers:
        p.error("no brokers: use -b or KAFKA_BROKERS")
    return args


def main():
    args = arguments()
    look_for(args.brokers)
    spark = (SparkSession.builder.appName(f"land {args.topic}")
             .config("spark.ui.showConsoleProgress", "false").getOrCreate())
    try:
        dated = with_date(read_topic(spark, args.brokers, args.topic, args.settings))
        writer = write_lines(dated, args.dir, args.checkpoint)
        when = {"availableNow": True} if args.once else {"processingTime": args.trigger}
        follow(writer.trigger(**when).start())
    except (PySparkException, Py4JJavaError) as e:
        why = root_cause(e)
        die(DATA if "newline" in why else PASSING, f"{args.topic}: {args.dir}: {why}")
    finally:
        spark.stop()


if __name__ == "__main__":
    main()
