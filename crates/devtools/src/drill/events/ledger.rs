//! The ledger of the messages that were sent, and of the outcome that each must have.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use uuid::Uuid;

use super::message::{Fact, Meaning, Message};

/// A place in the log: topic, partition, offset.
pub type Place = (String, i32, i64);

/// A message that was sent.
pub struct Sent {
    pub message: Message,
    pub outcome: Outcome,
}

/// The outcome of a message at the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    At(i64),
    /// It is in the log, and its transaction was aborted.
    Aborted,
    Refused,
}

/// A record of all messages, and of what retention cut from the log.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Entries>>);

#[derive(Default)]
struct Entries {
    sent: Vec<Sent>,
    /// For each topic and partition, the offset that was committed and the one at which the log begins.
    cut: HashMap<(String, i32), (i64, i64)>,
}

/// What the messages come to.
#[derive(Default)]
pub struct Expected {
    /// Events that must be applied, with all that they may say: repeated ones differ.
    pub events: HashMap<Uuid, Vec<Fact>>,
    /// Events that were cut, as far as nobody had read them: each may be applied once.
    pub cut_events: HashMap<Uuid, Vec<Fact>>,
    pub garbage: HashMap<Place, Message>,
    pub cut_garbage: HashMap<Place, Message>,
    /// The number of messages that repeat an event.
    pub repeated: usize,
    pub expired: usize,
    pub aborted: usize,
    pub refused: usize,
    pub kinds_of_garbage: usize,
}

impl Ledger {
    pub fn add(&self, message: Message, outcome: Outcome) {
        self.with(|entries| entries.sent.push(Sent { message, outcome }));
    }

    pub fn len(&self) -> usize {
        self.with(|entries| entries.sent.len())
    }

    pub fn cut(&self, topic: &str, partition: i32, committed: i64, beginning: i64) {
        self.with(|entries| {
            entries.cut.insert((topic.to_owned(), partition), (committed, beginning))
        });
    }

    /// Adds up what must be there in the end.
    pub fn expected(&self) -> Expected {
        self.with(|entries| entries.expected())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Entries) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Entries {
    fn expected(&self) -> Expected {
        let mut expected = Expected::default();
        let mut kinds = HashSet::new();
        for Sent { message, outcome } in &self.sent {
            let offset = match outcome {
                Outcome::At(offset) => *offset,
                Outcome::Aborted => {
                    expected.aborted += 1;
                    continue;
                }
                Outcome::Refused => {
                    expected.refused += 1;
                    continue;
                }
            };
            let is_cut = self.is_cut(message, offset);
            match &message.meaning {
                Meaning::Event(fact) => {
                    let (own, other) = match is_cut {
                        true => (&mut expected.cut_events, &expected.events),
                        false => (&mut expected.events, &expected.cut_events),
                    };
                    let is_repeated = own.contains_key(&fact.id) || other.contains_key(&fact.id);
                    expected.repeated += usize::from(is_repeated);
                    own.entry(fact.id).or_default().push(fact.clone());
                }
                Meaning::Expired => expected.expired += 1,
                Meaning::Garbage(kind) => {
                    kinds.insert(*kind);
                    let place = (message.topic.to_owned(), message.partition, offset);
                    let letters =
                        if is_cut { &mut expected.cut_garbage } else { &mut expected.garbage };
                    letters.insert(place, message.clone());
                }
            }
        }
        // What was sent again elsewhere must be there, in whichever form came first.
        for (id, facts) in &mut expected.events {
            facts.extend(expected.cut_events.remove(id).unwrap_or_default());
        }
        expected.kinds_of_garbage = kinds.len();
        expected
    }

    fn is_cut(&self, message: &Message, offset: i64) -> bool {
        let cut = self.cut.get(&(message.topic.to_owned(), message.partition));
        cut.is_some_and(|(committed, beginning)| (*committed..*beginning).contains(&offset))
    }
}

#[cfg(test)]
mod tests {
    use super::super::maker::Maker;
    use super::*;

    #[test]
    fn what_was_cut_may_be_applied_and_what_was_sent_elsewhere_too_must() {
        let ledger = Ledger::default();
        let mut maker = Maker::new(1, 100);
        let mut probe = || maker.probe(super::super::message::Kind::Viewed, 0);
        let (kept, cut, both) = (probe(), probe(), probe());
        let topic = kept.topic;
        ledger.add(kept, Outcome::At(9));
        ledger.add(cut, Outcome::At(10));
        ledger.add(both.clone(), Outcome::At(11));
        ledger.add(both, Outcome::At(20));
        ledger.add(probe(), Outcome::Aborted);
        ledger.cut(topic, 0, 10, 20);
        let expected = ledger.expected();
        assert_eq!((expected.events.len(), expected.cut_events.len()), (2, 1));
        assert_eq!((expected.repeated, expected.aborted, expected.refused), (1, 1, 0));
    }
}
