"""A topic into dated directories, with Spark Structured Streaming: what scripts/bench compares with.

	spark-submit stream.py BROKERS TOPIC DIRECTORY CHECKPOINT
"""
import sys

from pyspark.sql import SparkSession, functions as F

brokers, topic, directory, checkpoint = sys.argv[1:]
spark = SparkSession.builder.appName("kpipe-bench").getOrCreate()
lines = (spark.readStream.format("kafka").option("kafka.bootstrap.servers", brokers)
         .option("subscribe", topic).option("startingOffsets", "earliest").load()
         .select(F.col("value").cast("string").alias("value")))
# Spark throws on a bad line, unless told to try.
time = F.try_to_timestamp(F.get(F.split("value", " "), F.lit(3)), F.lit("'['dd/MMM/yyyy:HH:mm:ss"))
dated = lines.withColumn("time", time).select(
    "value", F.year("time").alias("year"), F.month("time").alias("month"), F.dayofmonth("time").alias("dayofmonth"))
(dated.writeStream.format("text").option("path", directory).option("checkpointLocation", checkpoint)
 .partitionBy("year", "month", "dayofmonth").trigger(availableNow=True).start().awaitTermination())
spark.stop()
