-- What logjson made of access lines and hdfsput -d --time json:time has landed below
-- ${hivevar:dir}, as the table access_json.
--     scripts/hive/run.sh scripts/hive/access_json.sql dir=/json
-- Run it again for the days that came since.  logjson leaves out lines without a time, so the
-- columns of the partitions can be INT.
CREATE EXTERNAL TABLE IF NOT EXISTS access_json (
  host STRING, ident STRING, `user` STRING, `time` STRING, request STRING,
  status INT, size BIGINT, referer STRING, agent STRING,
  method STRING, path STRING, query STRING, protocol STRING)
PARTITIONED BY (year INT, month INT, dayofmonth INT)
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.JsonSerDe'
STORED AS TEXTFILE
LOCATION '${hivevar:dir}'
TBLPROPERTIES ('discover.partitions' = 'true');

MSCK REPAIR TABLE access_json;
