package compose

// products is the table behind ProductOf. Sources: the documentation and the Dockerfiles of the images.
//
// A test must not fail only because a password is set, and must not pass while the image's own start
// script still runs a temporary server: that one listens on a socket only (postgres, mysql, mariadb), so
// tests go to 127.0.0.1.
var products = []Product{
	{
		Name: "postgres", Kind: Database, Ports: []int{5432},
		Images: []string{"postgres", "postgis/postgis", "pgvector/pgvector", "ankane/pgvector", "timescale/timescaledb", "timescale/timescaledb-ha", "postgresql", "postgis", "pgvector", "timescaledb"},
		// from PostgreSQL 18 on the volume is /var/lib/postgresql
		Data:     []string{"/var/lib/postgresql/data", "/var/lib/postgresql", "/bitnami/postgresql"},
		Test:     []string{"CMD-SHELL", `pg_isready -h 127.0.0.1 -U "${POSTGRES_USER:-postgres}" -d "${POSTGRES_DB:-${POSTGRES_USER:-postgres}}"`},
		Start:    30,
		UserVars: []string{"POSTGRES_USER"}, PasswordVars: []string{"POSTGRES_PASSWORD"}, DatabaseVars: []string{"POSTGRES_DB"},
	},
	{
		Name: "mysql", Kind: Database, Ports: []int{3306}, Data: []string{"/var/lib/mysql"},
		Images: []string{"mysql", "mysql/mysql-server", "percona", "percona/percona-server"},
		// ping succeeds when the server answers, even with "access denied"
		Test:     []string{"CMD", "mysqladmin", "ping", "-h", "127.0.0.1", "--silent"},
		Start:    60,
		UserVars: []string{"MYSQL_USER"}, PasswordVars: []string{"MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD"}, DatabaseVars: []string{"MYSQL_DATABASE"},
	},
	{
		Name: "mariadb", Kind: Database, Ports: []int{3306}, Data: []string{"/var/lib/mysql", "/bitnami/mariadb"},
		Images:   []string{"mariadb"},
		Test:     []string{"CMD", "mariadb-admin", "ping", "-h", "127.0.0.1", "--silent"}, // mysqladmin is gone since 11
		Start:    60,
		UserVars: []string{"MARIADB_USER", "MYSQL_USER"}, PasswordVars: []string{"MARIADB_ROOT_PASSWORD", "MARIADB_PASSWORD", "MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD"},
		DatabaseVars: []string{"MARIADB_DATABASE", "MYSQL_DATABASE"},
	},
	{
		Name: "mongo", Kind: Database, Ports: []int{27017}, Data: []string{"/data/db", "/data/configdb"},
		Images: []string{"mongo", "mongodb", "mongodb/mongodb-community-server"},
		// ping needs no login; mongosh came with 5, mongo went with 6
		Test:     []string{"CMD-SHELL", `mongosh --quiet --eval "db.adminCommand('ping')" || mongo --quiet --eval "db.adminCommand('ping')"`},
		Start:    30,
		UserVars: []string{"MONGO_INITDB_ROOT_USERNAME"}, PasswordVars: []string{"MONGO_INITDB_ROOT_PASSWORD"}, DatabaseVars: []string{"MONGO_INITDB_DATABASE"},
	},
	{
		Name: "mssql", Kind: Database, Ports: []int{1433}, Data: []string{"/var/opt/mssql"}, Images: []string{"mssql/server", "azure-sql-edge"},
		Start: 60, PasswordVars: []string{"MSSQL_SA_PASSWORD", "SA_PASSWORD"}, // sqlcmd moves from version to version and needs the password
	},
	{
		Name: "cassandra", Kind: Database, Ports: []int{9042}, Data: []string{"/var/lib/cassandra"}, Images: []string{"cassandra"},
		Test: []string{"CMD-SHELL", "nodetool status | grep -q '^UN'"}, Start: 120,
	},
	{
		Name: "clickhouse", Kind: Database, Ports: []int{8123, 9000}, Data: []string{"/var/lib/clickhouse"},
		Images: []string{"clickhouse", "clickhouse/clickhouse-server", "yandex/clickhouse-server", "clickhouse-server"},
		Test:   []string{"CMD", "wget", "-q", "--spider", "http://127.0.0.1:8123/ping"}, Start: 30,
		UserVars: []string{"CLICKHOUSE_USER"}, PasswordVars: []string{"CLICKHOUSE_PASSWORD"}, DatabaseVars: []string{"CLICKHOUSE_DB"},
	},
	{
		Name: "influxdb", Kind: Database, Ports: []int{8086}, Data: []string{"/var/lib/influxdb2", "/var/lib/influxdb", "/var/lib/influxdb3"}, Images: []string{"influxdb"},
		PasswordVars: []string{"DOCKER_INFLUXDB_INIT_PASSWORD", "DOCKER_INFLUXDB_INIT_ADMIN_TOKEN"},
	},
	{
		Name: "neo4j", Kind: Database, Ports: []int{7687, 7474}, Data: []string{"/data"}, Images: []string{"neo4j"},
		Test: []string{"CMD", "wget", "-q", "--spider", "http://127.0.0.1:7474"}, Start: 60, PasswordVars: []string{"NEO4J_AUTH"},
	},
	{
		Name: "couchdb", Kind: Database, Ports: []int{5984}, Data: []string{"/opt/couchdb/data"}, Images: []string{"couchdb"},
		Test: []string{"CMD", "curl", "-fsS", "http://127.0.0.1:5984/_up"}, Start: 30,
		UserVars: []string{"COUCHDB_USER"}, PasswordVars: []string{"COUCHDB_PASSWORD"},
	},
	{
		Name: "redis", Kind: Cache, Ports: []int{6379}, Data: []string{"/data", "/bitnami/redis/data"}, Images: []string{"redis", "redis/redis-stack", "redis/redis-stack-server", "redis-stack-server"},
		Test: []string{"CMD", "redis-cli", "ping"}, Start: 5, PasswordVars: []string{"REDIS_PASSWORD"}, // exits with 0 when a password is asked for
	},
	{
		Name: "valkey", Kind: Cache, Ports: []int{6379}, Data: []string{"/data"}, Images: []string{"valkey", "valkey/valkey"},
		Test: []string{"CMD", "valkey-cli", "ping"}, Start: 5,
	},
	{
		Name: "keydb", Kind: Cache, Ports: []int{6379}, Data: []string{"/data"}, Images: []string{"eqalpha/keydb", "keydb"},
		Test: []string{"CMD", "keydb-cli", "ping"}, Start: 5,
	},
	{Name: "dragonfly", Kind: Cache, Ports: []int{6379}, Data: []string{"/data"}, Images: []string{"dragonflydb/dragonfly", "dragonfly"}}, // has its own
	{Name: "memcached", Kind: Cache, Ports: []int{11211}, Images: []string{"memcached"}},                                                  // no client inside
	{
		Name: "rabbitmq", Kind: Broker, Ports: []int{5672, 15672}, Data: []string{"/var/lib/rabbitmq"}, Images: []string{"rabbitmq"},
		Test: []string{"CMD", "rabbitmq-diagnostics", "-q", "check_port_connectivity"}, Start: 60,
		UserVars: []string{"RABBITMQ_DEFAULT_USER"}, PasswordVars: []string{"RABBITMQ_DEFAULT_PASS"},
	},
	{
		Name: "kafka", Kind: Broker, Ports: []int{9092}, Data: []string{"/var/lib/kafka/data", "/bitnami/kafka", "/tmp/kafka-logs"},
		Images: []string{"apache/kafka", "apache/kafka-native", "confluentinc/cp-kafka", "bitnami/kafka", "wurstmeister/kafka", "kafka"},
	},
	{Name: "redpanda", Kind: Broker, Ports: []int{9092}, Data: []string{"/var/lib/redpanda/data"}, Images: []string{"redpandadata/redpanda", "redpanda"}, Test: []string{"CMD", "rpk", "cluster", "health", "-e"}, Start: 30},
	{Name: "zookeeper", Kind: Broker, Ports: []int{2181}, Data: []string{"/data", "/datalog", "/var/lib/zookeeper/data"}, Images: []string{"zookeeper", "confluentinc/cp-zookeeper", "cp-zookeeper"}},
	{Name: "nats", Kind: Broker, Ports: []int{4222}, Data: []string{"/data"}, Images: []string{"nats"}},                                                                                                                      // from scratch: no program to test with
	{Name: "mosquitto", Kind: Broker, Ports: []int{1883}, Data: []string{"/mosquitto/data"}, Images: []string{"eclipse-mosquitto"}},                                                                                          // a subscription may need a login
	{Name: "elasticsearch", Kind: Search, Ports: []int{9200}, Data: []string{"/usr/share/elasticsearch/data"}, Images: []string{"elasticsearch", "elasticsearch/elasticsearch"}, PasswordVars: []string{"ELASTIC_PASSWORD"}}, // HTTPS and login since 8
	{Name: "opensearch", Kind: Search, Ports: []int{9200}, Data: []string{"/usr/share/opensearch/data"}, Images: []string{"opensearchproject/opensearch", "opensearch"}, PasswordVars: []string{"OPENSEARCH_INITIAL_ADMIN_PASSWORD"}},
	{Name: "meilisearch", Kind: Search, Ports: []int{7700}, Data: []string{"/meili_data"}, Images: []string{"getmeili/meilisearch", "meilisearch"}, Test: []string{"CMD", "curl", "-fsS", "http://127.0.0.1:7700/health"}, Start: 10, PasswordVars: []string{"MEILI_MASTER_KEY"}},
	{Name: "typesense", Kind: Search, Ports: []int{8108}, Data: []string{"/data"}, Images: []string{"typesense/typesense", "typesense"}},
	{Name: "qdrant", Kind: Search, Ports: []int{6333}, Data: []string{"/qdrant/storage"}, Images: []string{"qdrant/qdrant", "qdrant"}},
	{Name: "minio", Kind: Storage, Ports: []int{9000, 9001}, Data: []string{"/data"}, Images: []string{"minio/minio", "minio"}, Test: []string{"CMD", "mc", "ready", "local"}, Start: 10, UserVars: []string{"MINIO_ROOT_USER", "MINIO_ACCESS_KEY"}, PasswordVars: []string{"MINIO_ROOT_PASSWORD", "MINIO_SECRET_KEY"}},
	{Name: "nginx", Kind: Proxy, Ports: []int{80, 443}, Images: []string{"nginx", "nginxinc/nginx-unprivileged", "nginx-unprivileged"}},
	{Name: "traefik", Kind: Proxy, Ports: []int{80, 443}, Images: []string{"traefik"}},
	{Name: "caddy", Kind: Proxy, Ports: []int{80, 443}, Data: []string{"/data"}, Images: []string{"caddy"}},
	{Name: "haproxy", Kind: Proxy, Ports: []int{80}, Images: []string{"haproxy"}},
	{Name: "adminer", Kind: Tool, Ports: []int{8080}, Images: []string{"adminer"}},
	{Name: "pgadmin", Kind: Tool, Ports: []int{80}, Data: []string{"/var/lib/pgadmin"}, Images: []string{"dpage/pgadmin4", "pgadmin4"}, UserVars: []string{"PGADMIN_DEFAULT_EMAIL"}, PasswordVars: []string{"PGADMIN_DEFAULT_PASSWORD"}},
	{Name: "phpmyadmin", Kind: Tool, Ports: []int{80}, Images: []string{"phpmyadmin", "phpmyadmin/phpmyadmin"}},
	{Name: "redis-commander", Kind: Tool, Ports: []int{8081}, Images: []string{"rediscommander/redis-commander", "redis-commander"}},
	{Name: "mailpit", Kind: Tool, Ports: []int{1025, 8025}, Images: []string{"axllent/mailpit", "mailpit"}, Test: []string{"CMD", "/mailpit", "readyz"}, Start: 5},
	{Name: "mailhog", Kind: Tool, Ports: []int{1025, 8025}, Images: []string{"mailhog/mailhog", "mailhog"}},
}
