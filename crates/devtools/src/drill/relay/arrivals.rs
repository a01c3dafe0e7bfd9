//! What arrived at the broker, and whether that is what was written.

use std::{collections::HashMap, fmt};

use events::{Envelope, Event, PromptCreated};
use ids::PromptId;
use rdkafka::{
    ClientConfig, Message,
    consumer::{Consumer, StreamConsumer},
    message::BorrowedMessage,
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::load::Written;

/// A reader of the topic from its beginning. It reads all the time: a broker in memory forgets.
pub struct Arrivals {
    inbox: UnboundedReceiver<Option<(PromptId, u64)>>,
    /// The numbers of each key, in order of arrival; a number that came again is not repeated.
    first: HashMap<PromptId, Vec<u64>>,
    repeated: i64,
    unreadable: i64,
    _reader: AbortOnDropHandle<()>,
}

impl Arrivals {
    /// Starts to read.
    ///
    /// # Errors
    /// When the settings are refused.
    pub fn watch(brokers: &str) -> anyhow::Result<Self> {
        let consumer: StreamConsumer = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("group.id", format!("drill-{}", Uuid::new_v4()))
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "false")
            .set("topic.metadata.refresh.interval.ms", "1000")
            .create()?;
        consumer.subscribe(&[PromptCreated::TOPIC])?;
        let (outbox, inbox) = unbounded_channel();
        let reader = tokio::spawn(async move {
            loop {
                // An error is of a moment, such as a topic that does not exist yet.
                let Ok(message) = consumer.recv().await else { continue };
                if outbox.send(read(&message)).is_err() {
                    return;
                }
            }
        });
        let _reader = AbortOnDropHandle::new(reader);
        Ok(Self { inbox, first: HashMap::new(), repeated: 0, unreadable: 0, _reader })
    }

    /// Takes in what has arrived, and tells whether each event has.
    pub fn are_complete(&mut self, written: &Written) -> bool {
        self.take_in();
        let arrived = |key| self.first.get(key).map_or(0, |numbers| numbers.len() as u64);
        written.iter().all(|(key, count)| arrived(key) >= *count)
    }

    fn take_in(&mut self) {
        while let Ok(arrival) = self.inbox.try_recv() {
            let Some((key, number)) = arrival else {
                self.unreadable += 1;
                continue;
            };
            let numbers = self.first.entry(key).or_default();
            match numbers.contains(&number) {
                true => self.repeated += 1,
                false => numbers.push(number),
            }
        }
    }

    /// Compares what arrived with what was written.
    pub fn check(mut self, written: &Written, left: i64) -> Report {
        self.take_in();
        let mut report = Report {
            written: written.values().sum(),
            keys: written.len(),
            repeated: self.repeated,
            violations: vec![("left in the outbox", left), ("unreadable", self.unreadable)],
        };
        let (mut lost, mut early, mut unknown) = (0, 0, 0);
        for (key, count) in written {
            let numbers = self.first.remove(key).unwrap_or_default();
            lost += (1..=*count).filter(|number| !numbers.contains(number)).count() as i64;
            early += numbers.windows(2).filter(|pair| pair[1] < pair[0]).count() as i64;
            unknown += numbers.iter().filter(|number| **number > *count).count() as i64;
        }
        unknown += self.first.values().map(|numbers| numbers.len() as i64).sum::<i64>();
        report.violations.extend([
            ("lost", lost),
            ("arrived after a later one of their key", early),
            ("never committed", unknown),
        ]);
        report
    }
}

/// Reads the key and the number of an event of the drill.
fn read(message: &BorrowedMessage<'_>) -> Option<(PromptId, u64)> {
    let event: Envelope<PromptCreated> = serde_json::from_slice(message.payload()?).ok()?;
    let key = event.payload.key();
    let is_own = message.key() == Some(key.as_bytes());
    is_own.then_some(())?;
    Some((event.payload.prompt_id, event.payload.title.parse().ok()?))
}

/// The report of a drill: whether it passed, as text.
pub struct Report {
    written: u64,
    keys: usize,
    /// The events that arrived again, which readers pass over.
    repeated: i64,
    /// Numbers of violations, which must all be 0.
    violations: Vec<(&'static str, i64)>,
}

impl Report {
    /// Tells whether all arrived in order.
    pub fn passed(&self) -> bool {
        // A drill in which nothing was written has tested nothing.
        self.written > 0 && self.violations.iter().all(|(_, count)| *count == 0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>8}  events of {} keys written", self.written, self.keys)?;
        writeln!(f, "{:>8}  arrived more than once", self.repeated)?;
        for (name, count) in &self.violations {
            writeln!(f, "{count:>8}  {name}")?;
        }
        f.write_str(if self.passed() { "all is well" } else { "NOT ALL IS WELL" })
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;

    fn check(arrived: &[u64], written: u64) -> Report {
        let (outbox, inbox) = unbounded_channel();
        let key = PromptId::new();
        for number in arrived {
            outbox.send(Some((key, *number))).unwrap();
        }
        let reader = tokio::spawn(CancellationToken::new().cancelled_owned());
        let _reader = AbortOnDropHandle::new(reader);
        let arrivals =
            Arrivals { inbox, first: HashMap::new(), repeated: 0, unreadable: 0, _reader };
        arrivals.check(&Written::from([(key, written)]), 0)
    }

    #[tokio::test]
    async fn a_lost_event_or_one_out_of_order_is_enough() {
        assert!(check(&[1, 2, 2, 1, 3], 3).passed(), "repeated ones are passed over");
        assert!(!check(&[1, 2], 3).passed(), "one is lost");
        assert!(!check(&[1, 3, 2], 3).passed(), "3 came before 2");
        assert!(!check(&[1, 2, 3, 4], 3).passed(), "4 was never committed");
        assert!(!check(&[], 0).passed(), "nothing was put to the test");
    }
}
