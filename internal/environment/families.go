package environment

import (
	"slices"
	"strings"

	"refit/internal/compose"
)

// family is a kind of server with accounts: the names by which applications and images know them.
type family struct {
	name     string
	products []string // of compose.Product
	schemes  []string // of URLs, without "+driver"
	keys     []string // variables that hold the password
	root     []string // those of the administrator, where there are two accounts
	users    []string // variables that hold the name of the account of keys
	sql      bool     // DB_PASSWORD may mean it
}

// Sources: the documentation of the official images, libpq and the MySQL client, Django, Rails, Spring
// and Laravel conventions.
var families = []family{
	{name: "PostgreSQL", products: []string{"postgres"}, schemes: []string{"postgres", "postgresql", "postgis"}, sql: true,
		keys:  []string{"POSTGRES_PASSWORD", "POSTGRES_PASS", "POSTGRESQL_PASSWORD", "PGPASSWORD", "PG_PASSWORD"},
		users: []string{"POSTGRES_USER", "POSTGRESQL_USERNAME", "PGUSER", "PG_USER"}},
	{name: "MySQL", products: []string{"mysql", "mariadb"}, schemes: []string{"mysql", "mariadb", "mysql2"}, sql: true,
		keys: []string{"MYSQL_PASSWORD", "MARIADB_PASSWORD"}, root: []string{"MYSQL_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD"},
		users: []string{"MYSQL_USER", "MARIADB_USER"}},
	{name: "SQL Server", products: []string{"mssql"}, schemes: []string{"mssql", "sqlserver"}, sql: true,
		keys: []string{"MSSQL_SA_PASSWORD", "SA_PASSWORD"}},
	{name: "MongoDB", products: []string{"mongo"}, schemes: []string{"mongodb"},
		keys:  []string{"MONGO_INITDB_ROOT_PASSWORD", "MONGO_PASSWORD", "MONGODB_PASSWORD"},
		users: []string{"MONGO_INITDB_ROOT_USERNAME", "MONGO_USER", "MONGO_USERNAME", "MONGODB_USER"}},
	{name: "Redis", products: []string{"redis", "valkey", "keydb", "dragonfly"}, schemes: []string{"redis", "rediss", "valkey"},
		keys: []string{"REDIS_PASSWORD", "REDIS_PASS", "VALKEY_PASSWORD"}},
	{name: "RabbitMQ", products: []string{"rabbitmq"}, schemes: []string{"amqp", "amqps"},
		keys:  []string{"RABBITMQ_DEFAULT_PASS", "RABBITMQ_PASSWORD", "RABBITMQ_PASS"},
		users: []string{"RABBITMQ_DEFAULT_USER", "RABBITMQ_USER", "RABBITMQ_USERNAME"}},
}

// Names of passwords and users of whatever SQL database there is.
var (
	anyDatabase = []string{"DB_PASSWORD", "DB_PASS", "DATABASE_PASSWORD"}
	anyUser     = []string{"DB_USER", "DB_USERNAME", "DATABASE_USER"}
)

// familyOfKey is the family whose password a variable of this name holds; root says that it is the
// administrator's.
func familyOfKey(key string) (f *family, root bool) {
	for i := range families {
		if slices.Contains(families[i].keys, key) {
			return &families[i], false
		}
		if slices.Contains(families[i].root, key) {
			return &families[i], true
		}
	}
	return nil, false
}

// familyOfURL is the family of the first URL in a value: of "postgresql+asyncpg://..." PostgreSQL.
func familyOfURL(value string) *family {
	before, _, found := strings.Cut(value, "://")
	if !found {
		return nil
	}
	at := strings.LastIndexFunc(before, func(r rune) bool {
		return !(r == '+' || r == '-' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	})
	scheme, _, _ := strings.Cut(strings.ToLower(before[at+1:]), "+")
	for i := range families {
		if slices.Contains(families[i].schemes, scheme) {
			return &families[i]
		}
	}
	return nil
}

// familyOfProduct is the family of a ready-made service, nil for one without accounts.
func familyOfProduct(p *compose.Product) *family {
	for i := range families {
		if p != nil && slices.Contains(families[i].products, p.Name) {
			return &families[i]
		}
	}
	return nil
}

// issuers are words of names whose secrets somebody else hands out: a random value would only look
// as if the service were set up.
var issuers = strings.Fields(`client oauth oauth2 oidc saml sso stripe paypal openai anthropic sendgrid mailgun postmark mailchimp twilio aws azure gcp google
	github gitlab bitbucket slack discord telegram sentry datadog newrelic smtp mail email imap s3 r2 cloudflare digitalocean heroku auth0 okta facebook
	twitter linkedin apple microsoft plaid huggingface hf npm pypi docker dockerhub recaptcha captcha hcaptcha turnstile license vault ngrok firebase supabase
	algolia pinecone cohere mistral gemini groq langchain langsmith wandb shopify hubspot salesforce zendesk intercom segment mixpanel amplitude posthog bank`)

// isIssued says whether the secret of this name comes from somebody else.
func isIssued(key string) bool {
	words := strings.FieldsFunc(strings.ToLower(key), func(r rune) bool { return r == '_' || r == '-' || r == '.' })
	for i, w := range words {
		if slices.Contains(issuers, w) {
			return true
		}
		if w == "api" && i+1 < len(words) && words[i+1] == "key" && i > 0 {
			return true // WEATHER_API_KEY; an API_KEY without a prefix is the service's own
		}
	}
	return false
}

// holdsData are words of names whose secrets stored data depends on.
var holdsData = strings.Fields("encrypt encryption encrypted fernet aes salt pepper kek dek")

// isBoundToData says whether what was stored with the old value can't be read with a new one.
func isBoundToData(key string) bool {
	for _, w := range strings.Split(strings.ToLower(key), "_") {
		if slices.Contains(holdsData, w) {
			return true
		}
	}
	return false
}
