spark-submit --conf spark.kubernetes.driver.annotation.spark-operator.k8s.io/secret.d=d
