package shell

import "strings"

// Build is docker build, docker buildx build and their like.
type Build struct {
	Buildx   bool
	Context  *Word  // nil when it is not known
	File     *Word  // -f; relative to the working folder, not to the context
	Target   *Word  // --target
	Args     []Word // --build-arg, NAME=value or NAME
	Tags     []Word
	Contexts []Word // --build-context, name=path
	Secrets  []Word // --secret, id=x,src=path
	Options  []Option
}

// buildOptions take a value. Source: docker build --help and docker buildx build --help, Docker 28;
// podman build and buildah build share the names used here.
var buildOptions = wordSet(`--add-host --allow --annotation --attest --build-arg --build-context --builder --cache-from --cache-to
	--call --cgroup-parent --cpu-period --cpu-quota -c --cpu-shares --cpuset-cpus --cpuset-mems -f --file --iidfile --isolation --label
	-m --memory --memory-swap --metadata-file --network --no-cache-filter -o --output --platform --progress --provenance --sbom --secret
	--security-opt --shm-size --ssh -t --tag --target --ulimit -v --volume --format --layers --authfile --policy`)

// AsBuild reads a command as one that builds an image from a Dockerfile.
func AsBuild(c Command) (Build, bool) {
	c = c.Unwrapped()
	var out Build
	var rest []Word
	if c.Name() == "buildah" {
		if len(c.Words) < 2 || !c.Words[1].Is("build") && !c.Words[1].Is("bud") && !c.Words[1].Is("build-using-dockerfile") {
			return Build{}, false
		}
		rest = c.Words[2:]
	} else {
		words, ok := engineCommand(c)
		if !ok {
			return Build{}, false
		}
		words, out.Buildx = buildCommand(words)
		if len(words) == 0 || !words[0].Is("build") && !(out.Buildx && words[0].Is("b")) {
			return Build{}, false
		}
		rest = words[1:]
	}
	opts, args, open := options(rest, buildOptions, false)
	out.Options = opts
	out.File = lastGiven(opts, "-f", "--file")
	out.Target = lastGiven(opts, "--target")
	out.Args = given(opts, "--build-arg")
	out.Tags = given(opts, "-t", "--tag")
	out.Contexts = given(opts, "--build-context")
	out.Secrets = given(opts, "--secret")
	if len(args) == 1 && !open || len(args) == 1 && args[0].Constant {
		out.Context = &args[0]
	}
	return out, true
}

// buildCommand takes "image", "builder" and "buildx" (with its own option) off the front.
func buildCommand(words []Word) (rest []Word, buildx bool) {
	switch words[0].Value {
	case "image", "builder":
		return words[1:], false
	case "buildx":
		_, rest, _ = options(words[1:], wordSet("--builder"), true)
		return rest, true
	}
	return words, false
}

// Bake is docker buildx bake.
type Bake struct {
	Files   []Word // bake files or Compose files; none: the default names
	Targets []Word
	Sets    []Word // --set, target.key=value
}

// AsBake reads a command as docker buildx bake.
func AsBake(c Command) (Bake, bool) {
	words, ok := engineCommand(c.Unwrapped())
	if !ok {
		return Bake{}, false
	}
	buildx := words[0].Is("buildx")
	if buildx {
		words, _ = buildCommand(words)
	}
	if len(words) == 0 || !words[0].Is("bake") && !(buildx && words[0].Is("f")) {
		return Bake{}, false
	}
	opts, args, _ := options(words[1:], wordSet("-f --file --set --builder --progress --metadata-file --allow --call --list --provenance --sbom"), false)
	return Bake{Files: given(opts, "-f", "--file"), Targets: args, Sets: given(opts, "--set")}, true
}

// Volume is one mount of docker run: -v SOURCE:TARGET or --mount.
type Volume struct {
	Source Word // a folder or file of the host when Bind, else a volume's name; no Value for an anonymous one
	Target string
	Bind   bool
	Word   Word // as given
}

// ContainerRun is docker run or docker create.
type ContainerRun struct {
	Image    *Word // nil when it is not known
	Command  []Word
	Volumes  []Volume
	EnvFiles []Word
	Env      []Word // NAME=value or NAME
	Ports    []Word
	Options  []Option
}

// runOptions take a value. Source: docker run --help, Docker 28.
var runOptions = wordSet(`--add-host --annotation -a --attach --blkio-weight --blkio-weight-device --cap-add --cap-drop --cgroup-parent
	--cgroupns --cidfile --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime -c --cpu-shares --cpus --cpuset-cpus --cpuset-mems
	--detach-keys --device --device-cgroup-rule --device-read-bps --device-read-iops --device-write-bps --device-write-iops --dns
	--dns-option --dns-opt --dns-search --domainname --entrypoint -e --env --env-file --expose --gpus --group-add --health-cmd
	--health-interval --health-retries --health-start-interval --health-start-period --health-timeout -h --hostname --ip --ip6 --ipc
	--isolation --kernel-memory -l --label --label-file --link --link-local-ip --log-driver --log-opt --mac-address -m --memory
	--memory-reservation --memory-swap --memory-swappiness --mount --name --net --net-alias --network --network-alias --oom-score-adj
	--pid --pids-limit --platform -p --publish --pull --restart --runtime --security-opt --shm-size --stop-signal --stop-timeout
	--storage-opt --sysctl --tmpfs --ulimit -u --user --userns --uts -v --volume --volume-driver --volumes-from -w --workdir --arch --pod --secret`)

// AsRun reads a command as one that starts a container from an image.
func AsRun(c Command) (ContainerRun, bool) {
	words, ok := engineCommand(c.Unwrapped())
	if ok && len(words) > 1 && words[0].Is("container") {
		words = words[1:]
	}
	if !ok || !words[0].Is("run") && !words[0].Is("create") {
		return ContainerRun{}, false
	}
	opts, args, open := options(words[1:], runOptions, true)
	out := ContainerRun{EnvFiles: given(opts, "--env-file"), Env: given(opts, "-e", "--env"), Ports: given(opts, "-p", "--publish"), Options: opts}
	out.Volumes = volumes(opts)
	if len(args) > 0 {
		if !open || args[0].Constant {
			out.Image = &args[0]
		}
		out.Command = args[1:]
	}
	return out, true
}

func volumes(opts []Option) []Volume {
	var out []Volume
	for _, w := range given(opts, "-v", "--volume") {
		v := Volume{Word: w}
		source, rest, mapped := strings.Cut(w.Value, ":")
		if mapped {
			v.Source = w.Cut(0, len(source))
			v.Target, _, _ = strings.Cut(rest, ":")
			v.Bind = strings.HasPrefix(source, ".") || strings.HasPrefix(source, "/") || strings.HasPrefix(source, Root) ||
				strings.HasPrefix(source, Unknown) || strings.HasPrefix(source, "~")
		} else {
			v.Target = w.Value
		}
		out = append(out, v)
	}
	for _, w := range given(opts, "--mount") {
		v := Volume{Word: w}
		for key, value := range fieldsOf(w) {
			switch key {
			case "type":
				v.Bind = value.Value == "bind"
			case "source", "src":
				v.Source = value
			case "target", "dst", "destination":
				v.Target = value.Value
			}
		}
		out = append(out, v)
	}
	return out
}

// fieldsOf are the fields of a value such as type=bind,source=x, each with its place.
func fieldsOf(w Word) map[string]Word {
	out := map[string]Word{}
	at := 0
	for part := range strings.SplitSeq(w.Value, ",") {
		key, _, _ := strings.Cut(part, "=")
		out[key] = w.Cut(min(at+len(key)+1, at+len(part)), at+len(part))
		at += len(part) + 1
	}
	return out
}
