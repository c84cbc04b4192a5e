exec "$SPARK_HOME/bin/spark-submit" --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/secret.a=/etc/a "$@"
