package source

import "sync"

// Memo remembers what was worked out of an immutable value, so that the next who asks gets it for
// nothing. The zero value is ready; it is safe for concurrent use.
type Memo struct{ known sync.Map }

// Recall is what make returned for the key the first time. make must depend on nothing but the key and
// the immutable value that the memo belongs to; keys of different meanings have different types.
func Recall[K comparable, V any](m *Memo, key K, make func() V) V {
	once, ok := m.known.Load(key)
	if !ok {
		once, _ = m.known.LoadOrStore(key, &Slot[V]{})
	}
	return once.(*Slot[V]).Recall(make)
}

// Slot is a Memo for one value. The zero value is ready; it is safe for concurrent use.
type Slot[V any] struct {
	once  sync.Once
	value V
}

// Recall is what make returned the first time.
func (s *Slot[V]) Recall(make func() V) V {
	s.once.Do(func() { s.value = make() })
	return s.value
}
