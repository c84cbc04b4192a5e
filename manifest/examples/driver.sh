#!/bin/sh
# A driver with a Spark and a Hadoop configuration, two more ConfigMaps and an owner.
#
#   MASTER=k8s://https://HOST:PORT IMAGE=... JAR=local:///... [ACCOUNT=spark] examples/driver.sh [spark-submit options]
#
# The ConfigMaps live in the namespace of the driver. It is `annotation`: the plural `annotations` of
# Spark 2.2 is ignored by every later version, without a word.
set -eu
: "${SPARK_HOME:?set it to the folder of a Spark distribution}" "${MASTER:?set it to the API server, as in k8s://https://HOST:PORT}"
: "${IMAGE:?set it to an image with Spark}" "${JAR:?set it to the application, such as local:///opt/spark/examples/jars/spark-examples.jar}"

# OWNER, if set, is the object whose deletion shall delete the driver too. It has to exist: the cluster
# collects what belongs to nothing. Its uid: kubectl get workflow nightly -o jsonpath='{.metadata.uid}'
#   OWNER='{"apiVersion":"argoproj.io/v1alpha1","kind":"Workflow","name":"nightly","uid":"..."}'
exec "$SPARK_HOME/bin/spark-submit" \
    --master "$MASTER" --deploy-mode cluster --name nightly \
    --class "${CLASS:-org.apache.spark.examples.SparkPi}" \
    --conf spark.kubernetes.container.image="$IMAGE" \
    ${ACCOUNT:+--conf} ${ACCOUNT:+"spark.kubernetes.authenticate.driver.serviceAccountName=$ACCOUNT"} \
    --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/sparkConfigMap=spark-conf \
    --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/hadoopConfigMap=hadoop-conf \
    --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/configMap.log4j=/etc/log4j \
    --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/configMap.metrics=/etc/metrics \
    ${OWNER:+--conf} ${OWNER:+"spark.kubernetes.driver.annotation.spark-operator.k8s.io/ownerReference=$OWNER"} \
    "$@" "$JAR"
