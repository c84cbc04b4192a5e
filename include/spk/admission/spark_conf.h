#ifndef SPK_ADMISSION_SPARK_CONF_H
#define SPK_ADMISSION_SPARK_CONF_H
/*
 * Where Spark mounts its own configuration (Spark Constants.SPARK_CONF_DIR_INTERNAL), and in it
 * what was submitted (SPARK_CONF_FILE_NAME). A driver that finds either covered does not start.
 */

#define SPK_SPARK_CONF            "/opt/spark/conf"
#define SPK_SPARK_CONF_PROPERTIES SPK_SPARK_CONF "/spark.properties"

/* Which of the two a mount at @path, cleaned, would cover; NULL when neither: so it is for another
 * file there, such as log4j2.properties. */
const char *spk_spark_conf_covered(const char *path);

#endif
