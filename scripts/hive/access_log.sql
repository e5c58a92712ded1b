-- Access lines that hdfsput -d has landed below ${hivevar:dir}, as the table access_log.
--     scripts/hive/run.sh scripts/hive/access_log.sql dir=/proyecto/kafka/retail_logs/gen_logs/data
-- Run it again for the days that came since.  Both formats are read, common and combined.
-- A line that is neither is a row of NULLs.  The columns of the partitions are strings because
-- Hive finds no INT in the name of the directory for lines without a time, and then gives up:
-- WHERE month = 11 works all the same.
CREATE EXTERNAL TABLE IF NOT EXISTS access_log (
  host STRING, ident STRING, `user` STRING, `time` STRING, request STRING,
  status INT, size BIGINT, referer STRING, agent STRING)
PARTITIONED BY (year STRING, month STRING, dayofmonth STRING)
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'
WITH SERDEPROPERTIES ('input.regex' =
  '(\\S+) (\\S+) (.*?) \\[([^\\]]+)\\] "((?:[^"\\\\]|\\\\.)*+)" (\\d{3}) (\\d+|-)(?: "((?:[^"\\\\]|\\\\.)*+)" "((?:[^"\\\\]|\\\\.)*+)")?')
LOCATION '${hivevar:dir}'
TBLPROPERTIES ('discover.partitions' = 'true');

MSCK REPAIR TABLE access_log;
