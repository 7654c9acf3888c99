package stack

import "strings"

// platforms are images of programs and tool chains beyond the official languages, as their own Dockerfiles
// say: who they run as decides whether a USER is missing on top of them. What a tag leaves open stays open.
var platforms = []family{
	// They set a USER.
	{[]string{"solr"}, running("8983", service(Ubuntu, "docker-entrypoint.sh", []int{8983}, "solr-foreground"))},
	{[]string{"jenkins/jenkins"}, running("jenkins", service(Debian, "", []int{8080}))},
	{[]string{"grafana/grafana", "grafana/grafana-oss", "grafana/grafana-enterprise"}, running("472", service(UnknownDistro, "/run.sh", []int{3000}))},
	{[]string{"prom/"}, running("nobody", service(UnknownDistro, "", nil))},
	{[]string{"kibana", "docker.elastic.co/kibana/kibana"}, running("1000", service(UnknownDistro, "", []int{5601}))},
	{[]string{"logstash", "docker.elastic.co/logstash/logstash"}, running("1000", service(UnknownDistro, "", nil))},
	{[]string{"sonarqube"}, running("sonarqube", service(UnknownDistro, "", []int{9000}))},
	{[]string{"quay.io/keycloak/keycloak", "keycloak/keycloak"}, running("1000", service(RedHat, "/opt/keycloak/bin/kc.sh", nil))},
	{[]string{"n8nio/n8n"}, running("node", service(UnknownDistro, "", []int{5678}))},
	{[]string{"apache/airflow"}, running("50000", service(Debian, "", nil))},
	{[]string{"apache/superset"}, running("superset", service(Debian, "", []int{8088}))},
	{[]string{"jupyter/", "quay.io/jupyter/"}, running("1000", service(Ubuntu, "", []int{8888}))},
	{[]string{"nodered/node-red"}, running("node-red", service(UnknownDistro, "", []int{1880}))},
	{[]string{"dpage/pgadmin4"}, running("5050", service(UnknownDistro, "", nil))},
	{[]string{"mcr.microsoft.com/mssql/server"}, running("mssql", service(Ubuntu, "", []int{1433}))},
	{[]string{"opensearchproject/"}, running("1000", service(UnknownDistro, "", nil))},
	{[]string{"confluentinc/"}, running("appuser", service(RedHat, "", nil))},
	{[]string{"mambaorg/micromamba"}, running("mambauser", service(UnknownDistro, "", nil))},
	{[]string{"elasticsearch", "docker.elastic.co/elasticsearch/elasticsearch"}, describeElasticsearch},

	// Their entrypoints, or the web servers in them, begin as root and go on as another account.
	{[]string{"neo4j", "couchdb"}, dropping(service(Debian, "", nil))},
	{[]string{"clickhouse/clickhouse-server"}, dropping(service(Ubuntu, "/entrypoint.sh", []int{8123}))},
	{[]string{"ghost", "zookeeper", "consul", "vault", "hashicorp/consul", "hashicorp/vault", "phusion/"}, dropping(service(UnknownDistro, "", nil))},
	{[]string{"wordpress", "nextcloud", "drupal", "phpmyadmin", "joomla", "matomo"}, dropping(service(Debian, "", []int{80}))},
	{[]string{"openresty/openresty", "opentracing/nginx-opentracing"}, dropping(service(UnknownDistro, "", []int{80}, "nginx", "-g", "daemon off;"))},
	// A function's sandbox has an account of its own: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
	{[]string{"public.ecr.aws/lambda/", "amazon/aws-lambda-python", "amazon/aws-lambda-nodejs", "amazon/aws-lambda-java", "amazon/aws-lambda-provided"},
		dropping(service(UnknownDistro, "", nil))},

	// Tool chains and run-time environments that run as root.
	{[]string{"oven/bun"}, describeBun},
	{[]string{"denoland/deno"}, describeDeno},
	{[]string{"elixir", "erlang", "hexpm/elixir", "perl", "gcc", "haskell", "julia", "dart", "swift"}, describeToolchain},
	{[]string{"continuumio/miniconda3", "continuumio/anaconda3"}, builtOn(Debian)},
	{[]string{"pytorch/pytorch", "tensorflow/tensorflow"}, builtOn(Ubuntu)},
	{[]string{"mcr.microsoft.com/playwright", "mcr.microsoft.com/playwright/"}, builtOn(Ubuntu)},
	{[]string{"nvidia/cuda", "nvcr.io/nvidia/cuda"}, describeCUDA},
	{[]string{"dunglas/frankenphp"}, func(i *Image, _ string, t tag) {
		onDistribution(i, t, Debian)
		i.Kind, i.Language, i.Version, i.Ports = RuntimeKind, PHP, t.after("php"), []int{80, 443}
		i.add(map[string]string{"php": "/usr/local/bin/php", "curl": "/usr/bin/curl"})
	}},
}

// builtOn are images on a distribution that run as root, of whose accounts nothing more is known.
func builtOn(base Distro) func(*Image, string, tag) {
	return func(i *Image, _ string, t tag) {
		onDistribution(i, t, base)
		i.Kind, i.UID1000, i.UIDsKnown = RuntimeKind, "", false
	}
}

// describeToolchain: compilers and their run-time systems on buildpack-deps, their slim variants on the
// distribution; swift's on Ubuntu.
func describeToolchain(i *Image, name string, t tag) {
	base := Debian
	switch name {
	case "swift":
		base = Ubuntu
	case "hexpm/elixir": // "1.18.4-erlang-27.3-debian-bookworm-20250520-slim"
		base = UnknownDistro
		switch {
		case t.has("debian"):
			base = Debian
		case t.has("ubuntu"):
			base = Ubuntu
		}
	}
	onDistribution(i, t, base)
	i.Kind = BuildKind
}

// describeBun: https://github.com/oven-sh/bun/tree/main/dockerhub. Account "bun" has UID and GID 1000.
func describeBun(i *Image, _ string, t tag) {
	onDistribution(i, t, Debian)
	i.Kind, i.Version = RuntimeKind, t.version
	i.UID1000, i.Account = "bun", &Account{Name: "bun", UID: 1000, GID: 1000}
	if t.has("distroless") {
		i.Distro, i.Programs, i.UID1000, i.Account, i.UserKnown, i.UIDsKnown = Distroless, nil, "", nil, false, false
	}
	i.add(map[string]string{"bun": "/usr/local/bin/bun"})
}

// describeDeno: https://github.com/denoland/deno_docker. Account "deno" has UID 1993.
func describeDeno(i *Image, _ string, t tag) {
	if strings.HasPrefix(i.Ref.Tag, "distroless") || strings.HasPrefix(i.Ref.Tag, "bin") {
		return
	}
	onDistribution(i, t, Debian)
	i.Kind, i.Version = RuntimeKind, t.version
	i.Account = &Account{Name: "deno", UID: 1993, GID: 1993}
	i.add(map[string]string{"deno": "/usr/bin/deno"})
}

// describeElasticsearch: since 8 the image sets USER 1000:0; before that its entrypoint drops root's privileges.
func describeElasticsearch(i *Image, name string, t tag) {
	service(UnknownDistro, "", []int{9200})(i, name, t)
	if v := major(t.version); len(v) > 1 || v >= "8" {
		i.User, i.UserKnown = "1000:0", true
		return
	}
	i.DropsPrivileges = true
}

// describeCUDA: the tag ends in the distribution: "12.4.1-cudnn-runtime-ubuntu22.04".
// https://gitlab.com/nvidia/container-images/cuda
func describeCUDA(i *Image, name string, t tag) {
	onDistribution(i, t, UnknownDistro)
	i.Kind = RuntimeKind
	for _, part := range t.parts {
		switch number := strings.TrimPrefix(part, "ubuntu"); {
		case number != part:
			i.Distro, i.Release = Ubuntu, codenames[Ubuntu][number]
			i.add(bash)
			ubuntuAccount(i)
		case strings.HasPrefix(part, "ubi"), strings.HasPrefix(part, "rockylinux"):
			i.Distro, i.UIDsKnown = RedHat, false
			i.add(bash)
		}
	}
}
