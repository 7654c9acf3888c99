package stack

// serverFact says how a server's command line is read.
type serverFact struct {
	host string
	port int
	// Options by what they mean; each with its value behind "=" or as the next word.
	bind, hosts, ports, certs, keys, workers, sockets []string
	reload                                            []string // flags, without a value
	flags                                             []string // other flags without a value
	values                                            []string // other options with a value, so that it isn't taken for an argument
	noHTTP, development                               bool
	app                                               bool // the first argument is the application
}

// serverFacts by program. Defaults and options:
//   - uvicorn https://www.uvicorn.org/settings/, gunicorn https://docs.gunicorn.org/en/stable/settings.html,
//     hypercorn https://hypercorn.readthedocs.io/en/latest/how_to_guides/configuring.html,
//     granian https://github.com/emmett-framework/granian#options, daphne https://github.com/django/daphne
//   - fastapi https://fastapi.tiangolo.com/fastapi-cli/, flask https://flask.palletsprojects.com/en/stable/cli/
//   - puma https://puma.io/puma/, next https://nextjs.org/docs/app/api-reference/cli/next,
//     vite https://vite.dev/config/server-options, streamlit https://docs.streamlit.io/develop/api-reference/configuration/config.toml
var serverFacts = map[string]serverFact{
	"uvicorn": {
		host: "127.0.0.1", port: 8000, app: true,
		hosts: []string{"--host"}, ports: []string{"--port"}, workers: []string{"--workers"}, sockets: []string{"--uds"},
		certs: []string{"--ssl-certfile"}, keys: []string{"--ssl-keyfile"}, reload: []string{"--reload"},
		flags: []string{"--factory", "--proxy-headers", "--no-proxy-headers", "--no-access-log", "--access-log", "--use-colors", "--no-use-colors", "--no-server-header", "--no-date-header"},
	},
	"gunicorn": {
		host: "127.0.0.1", port: 8000, app: true,
		bind: []string{"-b", "--bind"}, workers: []string{"-w", "--workers"},
		certs: []string{"--certfile"}, keys: []string{"--keyfile"}, reload: []string{"--reload", "--spew"},
		flags: []string{"--preload", "-D", "--daemon", "-R", "--enable-stdio-inheritance", "--capture-output", "--check-config", "--print-config", "--no-sendfile"},
	},
	"hypercorn": {
		host: "127.0.0.1", port: 8000, app: true,
		bind: []string{"-b", "--bind"}, workers: []string{"-w", "--workers"},
		certs: []string{"--certfile"}, keys: []string{"--keyfile"}, reload: []string{"--reload", "--debug"},
	},
	"granian": {
		host: "127.0.0.1", port: 8000, app: true,
		hosts: []string{"--host"}, ports: []string{"--port"}, workers: []string{"--workers"},
		certs: []string{"--ssl-certificate"}, keys: []string{"--ssl-keyfile"}, reload: []string{"--reload"},
	},
	"daphne":        {host: "127.0.0.1", port: 8000, app: true, hosts: []string{"-b", "--bind"}, ports: []string{"-p", "--port"}},
	"fastapi dev":   {host: "127.0.0.1", port: 8000, hosts: []string{"--host"}, ports: []string{"--port"}, reload: []string{"--reload"}, flags: []string{"--no-reload", "--proxy-headers"}, app: true, development: true},
	"fastapi run":   {host: "0.0.0.0", port: 8000, hosts: []string{"--host"}, ports: []string{"--port"}, workers: []string{"--workers"}, reload: []string{"--reload"}, flags: []string{"--no-reload", "--proxy-headers"}, app: true},
	"flask run":     {host: "127.0.0.1", port: 5000, hosts: []string{"-h", "--host"}, ports: []string{"-p", "--port"}, certs: []string{"--cert"}, keys: []string{"--key"}, reload: []string{"--reload", "--debug", "--debugger"}, development: true},
	"django":        {host: "127.0.0.1", port: 8000, reload: nil, flags: []string{"--noreload", "--nothreading", "--insecure", "--skip-checks"}, development: true},
	"streamlit run": {host: "", port: 8501, hosts: []string{"--server.address"}, ports: []string{"--server.port"}, app: true},
	"rails server":  {host: "", port: 3000, hosts: []string{"-b", "--binding"}, ports: []string{"-p", "--port"}, values: []string{"-e", "--environment", "-P", "--pid", "-u", "-c"}},
	"puma":          {host: "0.0.0.0", port: 9292, bind: []string{"-b", "--bind"}, ports: []string{"-p", "--port"}, workers: []string{"-w", "--workers"}},
	"next start":    {host: "0.0.0.0", port: 3000, hosts: []string{"-H", "--hostname"}, ports: []string{"-p", "--port"}},
	"next dev":      {host: "0.0.0.0", port: 3000, hosts: []string{"-H", "--hostname"}, ports: []string{"-p", "--port"}, development: true},
	"vite":          {host: "127.0.0.1", port: 5173, hosts: []string{"--host"}, ports: []string{"--port"}, development: true},
	"vite preview":  {host: "127.0.0.1", port: 4173, hosts: []string{"--host"}, ports: []string{"--port"}, development: true},
	"php artisan":   {host: "127.0.0.1", port: 8000, hosts: []string{"--host"}, ports: []string{"--port"}, development: true},
	"http.server":   {host: "0.0.0.0", port: 8000, hosts: []string{"-b", "--bind"}, values: []string{"-d", "--directory", "-p", "--protocol"}, development: true},
	"nginx":         {host: "0.0.0.0", port: 80},
	"apache":        {host: "0.0.0.0", port: 80},
	"caddy":         {host: "", port: 0},
	"php-fpm":       {host: "127.0.0.1", port: 9000, noHTTP: true},
	"celery":        {noHTTP: true},
	"rq":            {noHTTP: true},
	"sidekiq":       {noHTTP: true},
	"arq":           {noHTTP: true},
	"dramatiq":      {noHTTP: true},
	"nodemon":       {development: true, reload: nil},
	"node":          {},
	"npm":           {},
	"react-scripts": {port: 3000, development: true},
	"webpack-dev":   {port: 8080, development: true, ports: []string{"--port"}, hosts: []string{"--host"}},
	"dotnet":        {},
	"java":          {},
	"http-server":   {host: "0.0.0.0", port: 8080, ports: []string{"-p"}, hosts: []string{"-a"}, certs: []string{"-C", "--cert"}, keys: []string{"-K", "--key"}},
	"serve":         {host: "0.0.0.0", port: 3000, ports: []string{"-p", "-l", "--listen"}, certs: []string{"--ssl-cert"}, keys: []string{"--ssl-key"}},
}
