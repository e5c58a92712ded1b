# Images for compose.yml: the suite itself, and what the official images of Hive and Spark lack.

# As in .env, whose values compose.yml gives.
ARG HIVE_VERSION=4.0.1

FROM maven:3.9-eclipse-temurin-17 AS jars
ARG SPARK_VERSION=4.0.0
COPY scripts/conf/spark-jars.xml /spark-jars.xml
RUN mvn -B -q -f /spark-jars.xml -Dspark.version=${SPARK_VERSION} -DoutputDirectory=/spark-kafka \
        org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies && \
    mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
        -Dartifact=org.postgresql:postgresql:42.7.4 -DoutputDirectory=/postgresql

# The driver for the database of its metastore.
FROM apache/hive:${HIVE_VERSION} AS hive
COPY --from=jars /postgresql/ /opt/hive/lib/

# The same Python everywhere, for drivers and executors must agree, and what reads from Kafka.
FROM python:3.11-slim-bookworm AS spark
ARG SPARK_VERSION=4.0.0
RUN apt-get update && \
    apt-get install -y --no-install-recommends openjdk-17-jre-headless procps perl && \
    rm -rf /var/lib/apt/lists/*
COPY scripts/conf/requirements.txt /tmp/
RUN pip install --no-cache-dir "pyspark==${SPARK_VERSION}" -r /tmp/requirements.txt
COPY --from=jars /spark-kafka/ /opt/spark-kafka/
ENV SPARK_CONF_DIR=/opt/spark-conf
# The settings of scripts/conf, with the environment's values in their places.
ENTRYPOINT ["bash", "-c", "mkdir -p $SPARK_CONF_DIR && perl -pe 's/\\$\\{env\\.(\\w+)\\}/$ENV{$1}/g' /etc/kpipe/spark-defaults.conf >$SPARK_CONF_DIR/spark-defaults.conf && exec \"$@\"", "spark"]

FROM debian:12-slim AS build
COPY . /src
WORKDIR /src
RUN scripts/deps build && make -j"$(nproc)" && make install PREFIX=/usr DESTDIR=/out

FROM debian:12-slim AS tools
RUN apt-get update && \
    apt-get install -y --no-install-recommends librdkafka1 libcurl4 libjansson4 libexpat1 zlib1g && \
    rm -rf /var/lib/apt/lists/*
COPY --from=build /out/ /
CMD ["bash"]
