package secret

import (
	"net/url"
	"strings"
	"testing"
)

func TestIsName(t *testing.T) {
	for _, name := range strings.Fields(`POSTGRES_PASSWORD DB_PASS DB_ROOT_PW PGPASSWORD MYSQL_ROOT_PASSWORD SECRET_KEY SECRET_KEY_BASE JWT_SECRET API_KEY OPENAI_API_KEY
		GITHUB_TOKEN AWS_SECRET_ACCESS_KEY PRIVATE_KEY STRIPE_SECRET apiToken clientSecret app.jwt.secret-key GOOGLE_CREDENTIALS ENCRYPTION_KEY APP_KEY REDIS_PASSWORD
		SMTP_PASSWORD RABBITMQ_ERLANG_COOKIE SSH_PASSPHRASE ADMIN_PWD HASH_SALT TOKEN Password ACCESS_TOKEN DJANGO_SECRET_KEY SESSION_SECRET MINIO_ROOT_PASSWORD FERNET_KEY`) {
		if !IsName(name) {
			t.Errorf("%s is the name of a secret", name)
		}
	}
	for _, name := range strings.Fields(`POSTGRES_PASSWORD_FILE PASSWORD_MIN_LENGTH TOKEN_EXPIRE_MINUTES ACCESS_TOKEN_EXPIRE_MINUTES PUBLIC_KEY JWT_PUBLIC_KEY NEXT_PUBLIC_API_KEY
		VITE_API_KEY STRIPE_PUBLISHABLE_KEY MAX_TOKENS MAX_TOKEN OPENAI_MAX_TOKENS TOKEN_URL SECRET_NAME AWS_ACCESS_KEY_ID PASS_THROUGH BYPASS PWD OLDPWD KEY PRIMARY_KEY CACHE_KEY KEYCLOAK_URL
		MYSQL_ALLOW_EMPTY_PASSWORD MYSQL_RANDOM_ROOT_PASSWORD PASSWORD_RESET_TIMEOUT JWT_ALGORITHM TOKENIZER TOKENIZERS_PARALLELISM COMPASS SECRETARY POSTGRES_USER DATABASE_URL SECRET_MANAGER
		AUTH_PASSWORD_VALIDATORS CSRF_TOKEN_HEADER AWS_SECRETS_MANAGER_ENDPOINT MONKEY DEBUG API_URL TOKEN_TYPE SSH_KEY_PATH KEY_PREFIX PASSWORD_HASHERS PATH`) {
		if IsName(name) {
			t.Errorf("%s is no name of a secret", name)
		}
	}
}

// All secrets here are made up. They are put together so that no scanner takes this file for a leak.
func TestJudge(t *testing.T) {
	made := func(parts ...string) string { return strings.Join(parts, "") }
	for _, c := range []struct {
		key, value string
		want       Class
		meant      string // "" stands for all
	}{
		{"POSTGRES_PASSWORD", "", Absent, ""}, {"POSTGRES_PASSWORD", "${DB_PASSWORD}", Absent, ""}, {"POSTGRES_PASSWORD", "$DB_PASSWORD", Absent, ""},
		{"POSTGRES_PASSWORD", "${DB_PASSWORD:?set it}", Absent, ""}, {"JWT_SECRET", "/run/secrets/jwt", Absent, ""}, {"JWT_SECRET", "{{ vault_jwt }}", Absent, ""},
		{"JWT_SECRET", "${{ secrets.JWT }}", Absent, ""}, {"TOKEN", "op://vault/item/field", Absent, ""}, {"TOKEN", "$(cat token)", Absent, ""}, {"TOKEN", "/q8Zt1Lw0/r5Vb7Nc2+d9Kf4", Secret, ""}, {"TOKEN", "./token.txt", Absent, ""},
		{"POSTGRES_PASSWORD", "${DB_PASSWORD:-postgres}", Weak, "postgres"}, {"POSTGRES_PASSWORD", "${DB_PASSWORD:-}", Absent, "\x00"},
		{"POSTGRES_PASSWORD", "${A:-${B:-Tr0ub4dor&3xyz}}", Secret, "Tr0ub4dor&3xyz"},
		{"POSTGRES_PASSWORD", "changeme", Placeholder, ""}, {"VAULT_TOKEN", " # the root token", Absent, "# the root token"}, {"POSTGRES_PASSWORD", "your_password_here", Placeholder, ""}, {"SECRET_KEY", "change-me-in-production", Placeholder, ""},
		{"SECRET_KEY", "<your secret>", Placeholder, ""}, {"SECRET_KEY", "xxxxxxxx", Placeholder, ""}, {"SECRET_KEY", "***", Placeholder, ""}, {"API_KEY", "your-api-key", Placeholder, ""},
		{"API_KEY", "sk-your-openai-key-goes-in-here-please-now", Placeholder, "sk-your-openai-key-goes-in-here-please-now"}, {"SECRET_KEY", "TODO", Placeholder, ""}, {"JWT_SECRET", "REPLACE_WITH_32_BYTES", Placeholder, ""},
		{"POSTGRES_PASSWORD", "postgres", Weak, ""}, {"POSTGRES_PASSWORD", "password", Weak, ""}, {"ADMIN_PASSWORD", "admin", Weak, ""}, {"ADMIN_PASSWORD", "admin12345", Weak, ""},
		{"SECRET_KEY", "secret", Weak, ""}, {"SECRET_KEY", "my-super-secret-key", Weak, ""}, {"SECRET_KEY", "dev-secret-key-not-for-production", Weak, ""},
		{"DB_PASSWORD", "12345678", Weak, ""}, {"DB_PASSWORD", "aaaaaaaaaaaa", Weak, ""}, {"DB_PASSWORD", "Ab1!", Weak, ""}, {"SECRET_KEY", "django-insecure-k3v%s0me&random1tail", Weak, ""},
		{"DB_PASSWORD", "kV9-tq72.LmZ", Secret, ""}, {"SECRET_KEY", "d41d8cd98f00b204e9800998ecf8427e", Secret, ""}, {"JWT_SECRET", " 8sd7f6gs8d7fgsd8fg6 ", Secret, "8sd7f6gs8d7fgsd8fg6"},
		{"DATABASE_URL", "postgres://app:kV9-tq72.LmZ@db:5432/app", Secret, "kV9-tq72.LmZ"}, {"DATABASE_URL", "postgresql+asyncpg://postgres:postgres@db/app", Weak, "postgres"},
		{"DATABASE_URL", "postgres://shopper:shopper@db/shop", Weak, "shopper"}, {"DATABASE_URL", "postgres://u:${PW}@db/x", Absent, "${PW}"}, {"X", "postgres://u:${PW:-a/b@c9-lmqs}@db/x", Secret, "a/b@c9-lmqs"},
		{"DATABASE_URL", "postgres://user:your_password@db/x", Placeholder, "your_password"}, {"DATABASE_URL", "${DATABASE_URL:-redis://:hunter2x9@r/0}", Secret, "hunter2x9"},
		{"JWT_SECRET", "thisisasamplesecret", Placeholder, ""}, {"SMTP_PASSWORD", "email-server-password", Weak, ""}, {"OAUTH_CLIENT_SECRET", "clientsecret", Weak, ""},
		{"SHOP_ACME_SECRET", "acmesecret", Weak, ""}, {"HUB_KEY_SECRET", "!ChangeThisHubKey!", Placeholder, ""}, {"JWT_SECRET", "thisisasamplezebra", Secret, ""},
		{"DATABASE_URL", "postgresql://${PG_USER:-app}:${PG_PASSWORD:-!ChangeMe!}@db:5432/${PG_DB:-app}", Placeholder, "!ChangeMe!"},
		{"DATABASE_URL", "postgresql://${PG_USER:-app}@db:5432/app", None, ""},
		{"DATABASE_URL", "postgres://db:5432/app", None, ""}, {"DATABASE_URL", "sqlite:///./app.db", None, ""}, {"X", "http://a, http://u:pa55-w9rd-q@h", Secret, "pa55-w9rd-q"},
		{"ANYTHING", made("ghp_", strings.Repeat("FAKE", 9)), Secret, ""}, {"ANYTHING", made("AKIA", "FAKEFAKEFAKEFAKE"), Secret, ""}, {"X", made("AKIA", "IOSFODNN7EXAMPLE"), Placeholder, ""},
		{"X", made("xoxb-", "0000-not-a-real-token"), Secret, ""}, {"X", made("sk_live_", strings.Repeat("FAKE", 6)), Secret, ""},
		{"X", made("-----BEGIN RSA ", "PRIVATE KEY-----\nMIIfake\n"), Secret, made("-----BEGIN RSA ", "PRIVATE KEY-----\nMIIfake")},
		{"X", made("a -----BEGIN ", "PRIVATE KEY-----\\nMIIfake\\n-----END ", "PRIVATE KEY----- b"), Secret, made("-----BEGIN ", "PRIVATE KEY-----\\nMIIfake\\n-----END ", "PRIVATE KEY-----")},
		{"X", made("eyJhbGciOiJub25l", ".eyJmYWtlIjoidHJ1ZSJ9", ".ZmFrZWZha2VmYWtl"), Secret, ""},
		{"WEIRD_KEY", "q8Zt1Lw0Xr5Vb7Nc2Md9Kf4", Secret, ""}, {"SORT_KEY", "created_at_descending_2024", None, ""}, {"PUBLIC_KEY", "q8Zt1Lw0Xr5Vb7Nc2Md9Kf4", None, ""},
		{"GIT_SHA", "d41d8cd98f00b204e9800998ecf8427ed41d8cd9", None, ""}, {"IMAGE", "postgres@sha256:d41d8cd98f00b204e9800998ecf8427ed41d8cd98f00b204e9800998ecf8427e", None, ""},
		{"REQUIRE_PASSWORD", "true", None, ""}, {"USE_TOKEN", "yes", None, ""}, {"SECRET", "false", None, ""}, {"TOKEN", "https://auth.example.org/token", None, ""},
		{"POSTGRES_USER", "postgres", None, ""}, {"NOTE", "the password is in the safe", None, ""}, {"", "just text", None, ""}, {"HOST", "ssh://git@github.com/x", None, ""},
	} {
		v := Judge(c.key, c.value)
		meant := c.meant
		if meant == "" {
			meant = c.value
		}
		if v.Class != c.want {
			t.Errorf("%s=%s: %q (%s), want %q", c.key, c.value, v.Class, v.Why, c.want)
		} else if got := string(v.Span.Of([]byte(c.value))); v.Class != None && got != strings.Trim(meant, "\x00") {
			t.Errorf("%s=%s: %q is meant, want %q", c.key, c.value, got, meant)
		}
	}
}

func TestWhyShowsNothing(t *testing.T) {
	for _, value := range []string{"correct-horse-battery", "postgres://u:correct-horse@h/x", "${X:-correct-horse-battery}"} {
		if v := Judge("DB_PASSWORD", value); strings.Contains(v.Why, "horse") {
			t.Errorf("%q", v.Why)
		}
	}
}

func TestGenerated(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range []Kind{Password, Key, Hex, Fernet} {
		for range 500 {
			s := Generate(k)
			if seen[s] {
				t.Fatalf("%s: twice the same", k)
			}
			seen[s] = true
			if v := Judge("DB_PASSWORD", s); v.Class != Secret {
				t.Fatalf("%s: judged %q", k, v.Class)
			}
			if escaped := url.UserPassword("u", s).String(); k != Fernet && escaped != "u:"+s {
				t.Fatalf("%s needs escaping in a URL", k)
			}
			if span, ok := URLPassword("postgres://u:" + s + "@h/x"); !ok || span.Len() != len(s) {
				t.Fatalf("%s is not found in a URL", k)
			}
		}
	}
	for name, want := range map[string]Kind{"POSTGRES_PASSWORD": Password, "SECRET_KEY": Key, "AIRFLOW__CORE__FERNET_KEY": Fernet} {
		if got := KindFor(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestMask(t *testing.T) {
	if Mask("") != "" || Mask("a") != Mask("a much longer secret") || strings.Contains(Mask("s3cret"), "s") {
		t.Error("Mask tells something of the value")
	}
	for _, c := range []struct {
		text    string
		secrets []string
		want    string
	}{
		{"nothing here", []string{"s3cret"}, "nothing here"},
		{"a=s3cret b=s3cret.", []string{"s3cret", ""}, "a=******** b=********."},
		{"abcdef", []string{"abcd", "cdef"}, "********"},
		{"p%40ss%2Fw and p@ss/w", []string{"p@ss/w"}, "******** and ********"},
		{`{"v":"a\"bc\\d"}`, []string{`a"bc\d`}, `{"v":"********"}`},
		{"db at db: dbx", []string{"db"}, "******** at ********: dbx"},
	} {
		if got := MaskIn(c.text, c.secrets); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func FuzzMaskIn(f *testing.F) {
	f.Add("a=s3cret&b", "s3cret", "cret&b")
	f.Add("aaaaaa", "aaaa", "aa")
	f.Fuzz(func(t *testing.T, text, a, b string) {
		got := MaskIn(text, []string{a, b})
		for _, s := range []string{a, b} {
			if len([]rune(s)) >= 4 && !strings.Contains(s, "*") && strings.Contains(got, s) {
				t.Fatalf("%q still shows %q", got, s)
			}
		}
	})
}

func FuzzJudge(f *testing.F) {
	for _, s := range []string{"", "postgres://u:p@h", "${A:-${B:-c}}", "x://:@", "<>", "a://b:${c", "  x "} {
		f.Add("DB_PASSWORD", s)
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		v := Judge(key, value)
		if v.Span.Start < 0 || v.Span.End > len(value) || v.Span.Start > v.Span.End {
			t.Fatalf("%q: span %v", value, v.Span)
		}
		if span, ok := URLPassword(value); ok && (span.Len() < 1 || value[span.Start-1] != ':' || value[span.End] != '@') {
			t.Fatalf("%q: password at %v", value, span)
		}
	})
}

func TestDrawn(t *testing.T) {
	for text, want := range map[string]string{
		"https://q8Zt1Lw0Xr5Vb7Nc2Md9Kf4@errors.example.org/42":                            "q8Zt1Lw0Xr5Vb7Nc2Md9Kf4", // a made-up key in a DSN
		"# old: q8Zt1Lw0Xr5Vb7Nc2Md9Kf4":                                                   "q8Zt1Lw0Xr5Vb7Nc2Md9Kf4",
		"postgres@sha256:d41d8cd98f00b204e9800998ecf8427ed41d8cd98f00b204e9800998ecf8427e": "",
		"API_ACCESS_TOKEN_EXPIRE_MINUTES=30":                                               "", "APP_KEY=q8Zt1Lw0Xr5Vb7Nc2Md9Kf4=": "q8Zt1Lw0Xr5Vb7Nc2Md9Kf4=",
		"created_at_descending_2024": "", "http://localhost:8000/callback": "", "europe-west1-docker.pkg.dev/project/app:1.2.3": "", "Ledger": "",
	} {
		got := ""
		for _, span := range Drawn(text) {
			got += text[span.Start:span.End]
		}
		if got != want {
			t.Errorf("Drawn(%q) is %q, want %q", text, got, want)
		}
	}
}

func TestMaskURLs(t *testing.T) {
	for text, want := range map[string]string{
		"A=postgres://app:app@db/x B=redis://:made-up-1@r:6379\n": "A=postgres://app:********@db/x B=redis://:********@r:6379\n",
		"postgres://app:${DB_PASSWORD:-a}@db":                     "postgres://app:${DB_PASSWORD:-a}@db",
		"amqp://app:change-me@mq and https://example.com/a:b@c":   "amqp://app:change-me@mq and https://example.com/a:b@c",
		"postgres://app:********@db":                              "postgres://app:********@db",
		"git+https://made-up-token@github.com/x/y.git":            "git+https://********@github.com/x/y.git",
		"https://$TOKEN@github.com/x ssh://git@github.com/x":      "https://$TOKEN@github.com/x ssh://git@github.com/x",
		"https://cdn.example.com/vue@3.5 a@example.com":           "https://cdn.example.com/vue@3.5 a@example.com",
		"no URL": "no URL",
	} {
		if got := MaskURLs(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
