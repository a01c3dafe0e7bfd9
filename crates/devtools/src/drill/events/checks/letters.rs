//! Dead letters against the garbage that was sent: in the table, and in the topics.

use std::collections::{HashMap, HashSet};

use base64::{Engine, engine::general_purpose::STANDARD};
use events::topics::dead_letter_topic;
use promptforge::console;
use serde_json::Value;
use sqlx::{FromRow, PgPool, query_as, types::Json};

use crate::drill::{
    events::{
        broker::Letter,
        ledger::{Expected, Place},
        message::{Header, Message},
        oddities::LETTER_BYTES,
    },
    report::Report,
};

#[derive(FromRow)]
struct Row {
    topic: String,
    kafka_partition: i32,
    kafka_offset: i64,
    key: Option<Vec<u8>>,
    headers: Json<Vec<Value>>,
    payload: Option<Vec<u8>>,
    reason: String,
}

/// The counts of a comparison.
#[derive(Default)]
struct Found {
    equal: HashSet<Place>,
    unlike: usize,
    unknown: usize,
    repeated: usize,
}

impl Found {
    /// Counts a letter that says it came from `place`.
    fn add(&mut self, expected: &Expected, place: Place, equals: impl FnOnce(&Message) -> bool) {
        let sent = expected.garbage.get(&place).or_else(|| expected.cut_garbage.get(&place));
        match sent {
            None => {
                self.unknown += 1;
                console::eprint(&format!("a letter that nobody sent: {place:?}"));
            }
            Some(message) if !equals(message) => {
                self.unlike += 1;
                let kind = &message.meaning;
                console::eprint(&format!("a letter unlike what was sent: {place:?} {kind:?}"));
            }
            Some(_) => self.repeated += usize::from(!self.equal.insert(place)),
        }
    }

    fn missing(&self, expected: &Expected) -> usize {
        let missing = expected.garbage.iter().filter(|(place, _)| !self.equal.contains(*place));
        missing
            .inspect(|(place, message)| {
                console::eprint(&format!("no letter: {place:?} {:?}", message.meaning));
            })
            .count()
    }
}

/// Checks that the letters of the table and of the topics equal the garbage to the byte.
///
/// # Errors
/// When the database is away.
pub async fn check(
    pool: &PgPool,
    letters: &[Letter],
    expected: &Expected,
    report: &mut Report,
) -> anyhow::Result<()> {
    let sql = "select topic, kafka_partition, kafka_offset, key, headers, payload, reason
               from dead_letters";
    let rows: Vec<Row> = query_as(sql).fetch_all(pool).await?;
    let (mut table, mut topics) = (Found::default(), Found::default());
    let mut reasons = HashMap::new();
    for row in rows {
        let place = (row.topic.clone(), row.kafka_partition, row.kafka_offset);
        reasons.insert(place.clone(), row.reason.clone());
        table.add(expected, place, |sent| {
            let headers: Option<Vec<Header>> = row.headers.0.iter().map(header).collect();
            row.key == sent.key
                && row.payload == sent.payload
                && headers.as_ref() == Some(&sent.headers)
        });
    }
    let mut cut = 0;
    for letter in letters {
        let place = place_of(letter).unwrap_or_default();
        topics.add(expected, place.clone(), |sent| {
            let is_too_large = sent.payload.as_ref().is_some_and(|it| it.len() > LETTER_BYTES);
            cut += usize::from(is_too_large);
            letter.topic == dead_letter_topic(&place.0)
                && equals(letter, sent, reasons.get(&place), is_too_large)
        });
    }
    report.note("letters that are cut, since their topic takes none of their size", cut);
    report.note("letters that a kill had forwarded again", topics.repeated);
    for (name, found) in [("in the table", &table), ("on dead-letter topics", &topics)] {
        let wanted = expected.garbage.len();
        let lost = found.missing(expected);
        report.expect(format!("dead letters {name} equal to garbage"), wanted, wanted - lost);
        report.expect(format!("dead letters {name} unlike garbage"), 0, found.unlike);
        report.expect(format!("dead letters {name} that nobody sent"), 0, found.unknown);
    }
    report.expect("dead letters in the table twice", 0, table.repeated);
    let both = topics.equal.symmetric_difference(&table.equal).count();
    report.expect("dead letters in only one of both", 0, both);
    Ok(())
}

/// Tells whether a forwarded letter is what was sent, with headers that say where it came from.
fn equals(letter: &Letter, sent: &Message, reason: Option<&String>, is_too_large: bool) -> bool {
    let (own, added) = letter.headers.split_at(sent.headers.len().min(letter.headers.len()));
    let payload_matches = match (&letter.payload, &sent.payload) {
        (Some(cut), Some(whole)) if is_too_large => {
            let size = whole.len().to_string().into_bytes();
            let says_so = added.contains(&("dead-letter-original-size".to_owned(), Some(size)));
            !cut.is_empty() && whole.starts_with(cut) && says_so
        }
        (letter, sent) => letter == sent,
    };
    let says_why = added.iter().any(|(name, value)| {
        name == "dead-letter-reason" && value.as_deref() == reason.map(String::as_bytes)
    });
    letter.key == sent.key && own == sent.headers && payload_matches && says_why
}

/// Returns where a forwarded letter says that it came from.
fn place_of(letter: &Letter) -> Option<Place> {
    let text = |wanted: &str| {
        let found = letter.headers.iter().rfind(|(name, _)| name == wanted)?;
        String::from_utf8(found.1.clone()?).ok()
    };
    let partition = text("dead-letter-partition")?.parse().ok()?;
    Some((text("dead-letter-topic")?, partition, text("dead-letter-offset")?.parse().ok()?))
}

/// Reads a header as the table keeps it.
fn header(kept: &Value) -> Option<Header> {
    let name = kept.get("name")?.as_str()?.to_owned();
    match kept.get("value")? {
        Value::Null => Some((name, None)),
        value => Some((name, Some(STANDARD.decode(value.as_str()?).ok()?))),
    }
}
