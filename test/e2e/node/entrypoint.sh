#!/bin/bash
# What an image for Spark on Kubernetes starts: a driver by spark-submit, an executor by Java itself.
# Spark passes an executor what it has to know in variables, and the order of the class path is part of
# the contract: the configuration folders come before the jars.
set -euo pipefail

executor() {
  local name options=() path
  while read -r name; do options+=("${!name}"); done < <(compgen -v SPARK_JAVA_OPT_ | sort -V)
  path=${SPARK_CONF_DIR-$SPARK_HOME/conf}
  path+=${HADOOP_CONF_DIR:+:$HADOOP_CONF_DIR}${SPARK_CLASSPATH:+:$SPARK_CLASSPATH}:$SPARK_HOME/jars/*:$PWD
  exec tini -s -- "$JAVA_HOME/bin/java" "${options[@]}" -Xms"$SPARK_EXECUTOR_MEMORY" -Xmx"$SPARK_EXECUTOR_MEMORY" \
    -cp "$path" org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend \
    --driver-url "$SPARK_DRIVER_URL" --executor-id "$SPARK_EXECUTOR_ID" --cores "$SPARK_EXECUTOR_CORES" \
    --app-id "$SPARK_APPLICATION_ID" --hostname "$SPARK_EXECUTOR_POD_IP" \
    --resourceProfileId "$SPARK_RESOURCE_PROFILE_ID" --podName "$SPARK_EXECUTOR_POD_NAME"
}

driver() {
  exec tini -s -- "$SPARK_HOME/bin/spark-submit" --deploy-mode client \
    --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS" \
    --conf "spark.executorEnv.SPARK_DRIVER_POD_IP=$SPARK_DRIVER_BIND_ADDRESS" "$@"
}

role=${1:-}
case $role in
driver | executor)
  shift
  "$role" "$@"
  ;;
*) exec "$@" ;;
esac
