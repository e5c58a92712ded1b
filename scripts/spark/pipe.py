#!/usr/bin/env python3
"""Run filters of the suite over what has landed, on all cores of a Spark cluster.

MAP runs for each piece of the data, REDUCE once behind all of them, as in the shell's

    hdfscat 'DIR/year=*/month=*/dayofmonth=*/*' | MAP | REDUCE

and the answer goes to standard output.  The lines reach REDUCE in no order.  Both are
commands for `sh -c`, and must be installed on each worker.

    "$SPARK_HOME/bin/spark-submit" scripts/spark/pipe.py --where 'year = 2026' \\
        --map 'logjson -a 1000' --reduce 'logstat -b path' /archive
"""
import argparse
import os
import sys

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import SparkSession, functions as F

from land import Parser, die, root_cause, PASSING, USAGE

# A byte is a character, so that all of them pass.
BYTES = "ISO-8859-1"


def read_lines(spark, directory, where):
    """RDD[String] of Java: Python's own rdd.pipe takes only UTF-8, clears the environment, and
    does not look at the status of the command."""
    # Only a line feed ends a line: a CR before it is part of the line.
    rows = spark.read.option("lineSep", "\n").text(directory)
    if where:
        rows = rows.where(where)
    lines = rows.select(F.decode(F.col("value").cast("binary"), BYTES))
    return getattr(lines._jdf, "as")(spark._jvm.org.apache.spark.sql.Encoders.STRING()).toJavaRDD()


def through(lines, command):
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    return lines.pipe(["sh", "-c", command], environment, False, 65536, BYTES)


def arguments():
    p = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("dir")
    p.add_argument("--map", metavar="CMD", required=True)
    p.add_argument("--reduce", metavar="CMD", required=True)
    p.add_argument("--where", metavar="SQL", help="which partitions, such as 'year = 2026 AND month = 11'")
    return p.parse_args()


def main():
    args = arguments()
    spark = (SparkSession.builder.appName(f"pipe {args.dir}")
             .config("spark.ui.showConsoleProgress", "false").getOrCreate())
    try:
        mapped = through(read_lines(spark, args.dir, args.where), args.map)
        for line in through(mapped.coalesce(1, True), args.reduce).collect():
            sys.stdout.buffer.write(line.encode(BYTES) + b"\n")
    except (PySparkException, Py4JJavaError) as e:
        die(USAGE if isinstance(e, AnalysisException) else PASSING, f"{args.dir}: {root_cause(e)}")
    finally:
        spark.stop()


if __name__ == "__main__":
    main()
