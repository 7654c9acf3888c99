package apply

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// signals are those that ask the process to end while an operation is at work. Instead of leaving
// half of it for the next run to undo, it ends at the next step and takes back what it did.
type signals struct{ caught, pipe chan os.Signal }

// heed catches the signals from now on, except for those that the process was told to ignore (nohup). A
// closed pipe at the other end of stdout counts as nothing: what is to be said is not worth stopping for.
func heed() *signals {
	s := &signals{make(chan os.Signal, 1), make(chan os.Signal, 1)}
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(sig) {
			signal.Notify(s.caught, sig)
		}
	}
	signal.Notify(s.pipe, syscall.SIGPIPE)
	return s
}

// ignore gives the signals their usual effect back.
func (s *signals) ignore() {
	signal.Stop(s.caught)
	signal.Stop(s.pipe)
}

// stopped is an error when one came.
func (s *signals) stopped() error {
	select {
	case sig := <-s.caught:
		return fmt.Errorf("stopped by a signal: %v", sig)
	default:
		return nil
	}
}
