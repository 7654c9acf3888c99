//go:build unix

// Command lab makes a machine ready for the scenarios of e2e/engine: a Docker Engine that answers, the
// Compose and Buildx plugins, and, only where no image registry answers, images under the official names
// made of Debian's and PyPI's packages. What is there already is used and left alone.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage: lab [-engine current] up|down|clean|status
  up      Docker Engine, plugins and, without an image registry, the base images
  down    stop what up started; images and data stay
  clean   down, and remove the images and files that up made
  status  what is there
`

func main() {
	engine := flag.String("engine", "host", "host, or current: a second, newer engine inside a container")
	flag.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	flag.Parse()
	if err := run(*engine, flag.Arg(0)); err != nil {
		say("%v", err)
		os.Exit(1)
	}
}

func run(engine, command string) error {
	if engine != "host" && engine != "current" {
		return fmt.Errorf("-engine %s: there is host and current", engine)
	}
	do, ok := map[string]func(*lab) error{"up": up, "down": down, "clean": clean, "status": status}[command]
	if engine == "current" {
		do, ok = map[string]func(*lab) error{"up": upCurrent, "down": downCurrent, "clean": cleanCurrent}[command]
	}
	if !ok {
		fmt.Fprint(os.Stderr, usage)
		return fmt.Errorf("%q with -engine %s: no such command", command, engine)
	}
	l, err := open()
	if err != nil {
		return err
	}
	if command != "status" {
		unlock, err := l.lock()
		if err != nil {
			return err
		}
		defer unlock()
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-interrupted
		say("interrupted; what is half made is made again by the next run")
		os.Exit(1)
	}()
	return do(l)
}

func up(l *lab) error {
	if err := l.startEngine(); err != nil {
		return err
	}
	if err := l.installPlugins(); err != nil {
		return err
	}
	if registryAnswers() {
		say("an image registry answers: the official images are used as they are")
		return nil
	}
	say("no image registry answers: making stand-ins of Debian's and PyPI's packages")
	if err := l.buildImages(); err != nil {
		return err
	}
	say("ready; logs are in %s", l.path("logs"))
	return nil
}

func down(l *lab) error { return l.stopEngine() }

func clean(l *lab) error {
	if engineVersion() != "" {
		l.removeImages()
	}
	if err := l.removePlugins(); err != nil {
		return err
	}
	if err := l.stopEngine(); err != nil {
		return err
	}
	say("removing %s", l.dir)
	return os.RemoveAll(l.dir)
}

func status(l *lab) error {
	version := engineVersion()
	if version == "" {
		version = "does not answer"
	}
	fmt.Printf("engine    %s\ncompose   %s\nbuildx    %s\nlogs      %s\n", version, pluginVersion("compose"), pluginVersion("buildx"), l.path("logs"))
	if version == "does not answer" {
		return nil
	}
	for _, image := range images {
		state := "missing or old"
		if l.upToDate(image) {
			state = "made here"
		}
		fmt.Printf("image     %-60s %s\n", image.names[0], state)
	}
	return nil
}
