#!/bin/sh
# A driver with Secrets: one of a database, a Google service account, a Hadoop token, and one whose
# name is too long for an annotation's key (which holds 63 characters after the '/').
#
#   MASTER=k8s://https://HOST:PORT IMAGE=... JAR=local:///... [ACCOUNT=spark] examples/secrets.sh [spark-submit options]
#
# What the Secrets have to hold:
#   kubectl create secret generic db-credentials --from-literal=password=...
#   kubectl create secret generic gcp-key --from-file=key.json
#   kubectl create secret generic hdfs-token --from-file=hadoop.token
set -eu
: "${SPARK_HOME:?set it to the folder of a Spark distribution}" "${MASTER:?set it to the API server, as in k8s://https://HOST:PORT}"
: "${IMAGE:?set it to an image with Spark}" "${JAR:?set it to the application, such as local:///opt/spark/examples/jars/spark-examples.jar}"

# Executors need their own: an annotation is for the pod that carries it, and for no other.
exec "$SPARK_HOME/bin/spark-submit" \
    --master "$MASTER" --deploy-mode cluster --name secrets \
    --class "${CLASS:-org.apache.spark.examples.SparkPi}" \
    --conf spark.kubernetes.container.image="$IMAGE" \
    ${ACCOUNT:+--conf} ${ACCOUNT:+"spark.kubernetes.authenticate.driver.serviceAccountName=$ACCOUNT"} \
    --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/secret.db-credentials=/etc/secrets/db \
    --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/GCPServiceAccount.gcp-key=/mnt/secrets \
    --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/HadoopDelegationToken.hdfs-token=/etc/tokens \
    --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/secrets='[{"name":"a-secret-whose-name-is-much-too-long-for-the-key-of-an-annotation","path":"/etc/secrets/long"}]' \
    --conf spark.kubernetes.executor.annotation.spark-operator.k8s.io/secret.db-credentials=/etc/secrets/db \
    --conf spark.kubernetes.executor.annotation.spark-operator.k8s.io/GCPServiceAccount.gcp-key=/mnt/secrets \
    "$@" "$JAR"
