#!/bin/sh
# don't --conf spark.kubernetes.driver.annotations.spark-operator.k8s.io/a=b
"$SPARK_HOME"/bin/spark-submit --master "$MASTER" \
    --conf spark.kubernetes.driver.annotations.spark-operator.k8s.io/sparkConfigMap=spark-conf \
    --conf "spark.kubernetes.driver.annotation.spark-operator.k8s.io/secret.a=relative" \
    --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/secret.b="$WHERE" \
    --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/secrt.b=$WHERE/x \
    --conf spark.kubernetes.driver.annotation.$PREFIX/secret.b=/x \
    --conf=spark.kubernetes.executor.annotation.spark-operator.k8s.io/secrets='[{"name":"x","path":"y"}]' \
    -c spark.kubernetes.executor.annotation.spark-operator.k8s.io/overlay="{\"spec\": \
      {\"nodeSelctor\": {}}}" \
    --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/configMap.c\
=etc \
    --conf 'spark.kubernetes.driver.annotation.spark-operator.k8s.io/configMap.d=it'\''s' \
    ${OWNER:+--conf} ${OWNER:+"spark.kubernetes.driver.annotation.x=$OWNER"} app.jar
spark-submit --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/secret.c=/same
spark-submit --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/secret.d=/same
bash -c 'spark-submit --conf spark.kubernetes.driver.annotations.spark-operator.k8s.io/secret.e=/e'
