#!/bin/sh
# Executors with a configuration of their own.
#
#   MASTER=k8s://https://HOST:PORT IMAGE=... JAR=local:///... [ACCOUNT=spark] examples/executors.sh [spark-submit options]
#
# A driver hands its log4j2.properties and its spark-env.sh on to the executors, but not its Hadoop
# configuration: that one each side asks for itself.
set -eu
: "${SPARK_HOME:?set it to the folder of a Spark distribution}" "${MASTER:?set it to the API server, as in k8s://https://HOST:PORT}"
: "${IMAGE:?set it to an image with Spark}" "${JAR:?set it to the application, such as local:///opt/spark/examples/jars/spark-examples.jar}"

exec "$SPARK_HOME/bin/spark-submit" \
    --master "$MASTER" --deploy-mode cluster --name executors \
    --class "${CLASS:-org.apache.spark.examples.SparkPi}" \
    --conf spark.kubernetes.container.image="$IMAGE" \
    ${ACCOUNT:+--conf} ${ACCOUNT:+"spark.kubernetes.authenticate.driver.serviceAccountName=$ACCOUNT"} \
    --conf spark.executor.instances=2 \
    --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/sparkConfigMap=spark-conf \
    --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/hadoopConfigMap=hadoop-conf \
    --conf spark.kubernetes.executor.annotation.spark-operator.k8s.io/sparkConfigMap=executor-conf \
    --conf spark.kubernetes.executor.annotation.spark-operator.k8s.io/hadoopConfigMap=hadoop-conf \
    "$@" "$JAR"
