//! Walks the postings of a query through windows of documents.

use std::ops::Range;

use tantivy::{DocId, TERMINATED, schema::IndexRecordOption};

use crate::{
    SearchError,
    lookups::{Group, Lookup, Unit, postings},
    snapshot::Segment,
};

use super::{
    Filters,
    cursor::Cursor,
    places::{Places, WINDOW},
};

/// The postings of a group in a segment.
pub struct Evaluation<'w> {
    required: Vec<Vec<Cursor>>,
    optional: Vec<Vec<Cursor>>,
    filters: Vec<Vec<Cursor>>,
    excluded: Vec<Cursor>,
    title: Vec<Cursor>,
    /// How many required units a document may lack.
    missing: usize,
    window: &'w mut Window,
}

/// The documents of a window: empty before each, and used for all evaluations of a search.
pub struct Window {
    slots: Box<[Slot; WINDOW as usize]>,
    /// The documents of the window that have some of the units. Most of a window has none, and is passed over.
    scored: Places,
    of_unit: OfUnit,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            slots: Box::new([Slot::default(); WINDOW as usize]),
            scored: Places::default(),
            of_unit: OfUnit { best: Box::new([0; WINDOW as usize]), places: Places::default() },
        }
    }
}

/// The best weights of the unit that is being added, for the documents of a window.
struct OfUnit {
    best: Box<[u16; WINDOW as usize]>,
    places: Places,
}

/// What is known of a document of the window.
#[derive(Clone, Copy, Default)]
struct Slot {
    score: u32,
    /// How many required units it has.
    units: u8,
    /// A bit for each filter that it passes.
    filters: u8,
    is_excluded: bool,
    is_title: bool,
}

impl Slot {
    #[inline]
    fn add(&mut self, weight: u16, units: u8) {
        self.score += u32::from(weight);
        self.units += units;
    }
}

/// A document that matches.
pub struct Hit {
    pub doc: DocId,
    pub score: u32,
    /// How many required units it lacks.
    pub missing: usize,
    pub is_title: bool,
}

impl<'w> Evaluation<'w> {
    /// Opens the postings; `None` when no document of the segment can match.
    pub fn open(
        segment: &Segment,
        group: &Group,
        filters: &Filters,
        missing: usize,
        window: &'w mut Window,
    ) -> Result<Option<Self>, SearchError> {
        let of_unit = |unit: &Unit| cursors(segment, &unit.lookups, unit.weight);
        let (mut required, mut optional) = (Vec::new(), Vec::new());
        for unit in &group.units {
            let cursors = of_unit(unit)?;
            if unit.is_required {
                required.push(cursors);
            } else if !cursors.is_empty() {
                optional.push(cursors);
            }
        }
        let absent = required.iter().filter(|cursors| cursors.is_empty()).count();
        let filters: Vec<_> =
            filters.keys.iter().map(|keys| cursors(segment, keys, 0)).collect::<Result<_, _>>()?;
        if absent > missing || filters.iter().any(Vec::is_empty) {
            return Ok(None);
        }
        // Where every unit is needed, the rarest comes first: of the others only its documents are looked at.
        required.sort_by_cached_key(|cursors| cursors.iter().map(Cursor::documents).sum::<u64>());
        let excluded = group.excluded.iter().map(of_unit).collect::<Result<Vec<_>, _>>()?;
        let title = group.title.iter().map(of_unit).collect::<Result<Vec<_>, _>>()?;
        Ok(Some(Self {
            required,
            optional,
            filters,
            excluded: excluded.into_iter().flatten().collect(),
            title: title.into_iter().flatten().collect(),
            missing,
            window,
        }))
    }

    /// Calls a function with each document of a range that matches, in their order.
    /// Ranges come in their order.
    pub fn run(&mut self, range: Range<DocId>, mut found: impl FnMut(Hit)) {
        self.run_until(range, |hit| {
            found(hit);
            false
        });
    }

    /// Calls a function with documents of a range that match, in their order, and after a window in which
    /// it returned true no more.
    pub fn run_until(&mut self, range: Range<DocId>, mut found: impl FnMut(Hit) -> bool) {
        let required = self.required.len();
        let filters =
            self.filters.iter().enumerate().fold(0, |bits, (at, _)| bits | filter_bit(at));
        let mut start = self.next().max(range.start);
        let mut enough = false;
        while start < range.end && !enough {
            let end = start.saturating_add(WINDOW).min(range.end);
            self.fill(start, end);
            let Window { slots, scored, .. } = &mut *self.window;
            scored.take(|at| {
                let slot = std::mem::take(&mut slots[at]);
                let units = usize::from(slot.units);
                if units + self.missing >= required && slot.filters == filters && !slot.is_excluded
                {
                    let (score, is_title) = (slot.score, slot.is_title);
                    let (doc, missing) = (start + at as u32, required - units);
                    enough |= found(Hit { doc, score, missing, is_title });
                }
            });
            start = self.next().max(end);
        }
    }

    /// Returns the first document that can match.
    fn next(&mut self) -> DocId {
        let first =
            |cursors: &Vec<Cursor>| cursors.iter().map(Cursor::doc).min().unwrap_or(TERMINATED);
        let mut firsts: Vec<DocId> = self.required.iter().map(first).collect();
        firsts.sort_unstable_by(|a, b| b.cmp(a));
        let of_units = firsts.get(self.missing).copied().unwrap_or(TERMINATED);
        self.filters.iter().map(first).fold(of_units, DocId::max)
    }

    /// Adds up what documents of a window have.
    fn fill(&mut self, start: DocId, end: DocId) {
        let Window { slots, scored, of_unit } = &mut *self.window;
        for (number, unit) in self.required.iter_mut().enumerate() {
            let to = if number > 0 && self.missing == 0 { To::Scored } else { To::All };
            add(unit, true, to, start..end, slots, scored, of_unit);
        }
        for unit in &mut self.optional {
            add(unit, false, To::Scored, start..end, slots, scored, of_unit);
        }
        let mut mark = |cursor: &mut Cursor, set: &dyn Fn(&mut Slot)| {
            cursor.seek(start);
            cursor.drain(end, |doc, _| {
                let at = (doc - start) as usize;
                if scored.has(at) {
                    set(&mut slots[at]);
                }
            });
        };
        for (at, cursors) in self.filters.iter_mut().enumerate() {
            // A document may have several keys of one filter, such as a tag in two cases.
            let bit = filter_bit(at);
            cursors.iter_mut().for_each(|cursor| mark(cursor, &|slot| slot.filters |= bit));
        }
        for cursor in &mut self.excluded {
            mark(cursor, &|slot| slot.is_excluded = true);
        }
        for cursor in &mut self.title {
            mark(cursor, &|slot| slot.is_title = true);
        }
    }
}

/// Returns the bit of a filter; there are fewer filters than bits.
fn filter_bit(at: usize) -> u8 {
    1 << at
}

/// The documents that a unit is added to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum To {
    All,
    /// The documents to which a unit was added before.
    Scored,
}

/// Adds the best of a unit's terms to the documents of a window.
fn add(
    unit: &mut [Cursor],
    is_required: bool,
    to: To,
    window: Range<DocId>,
    slots: &mut [Slot; WINDOW as usize],
    scored: &mut Places,
    of_unit: &mut OfUnit,
) {
    if to == To::Scored && scored.are_none() {
        return;
    }
    unit.iter_mut().for_each(|cursor| cursor.seek(window.start));
    let counted = u8::from(is_required);
    // That no place is outside the window is plain to the compiler, too.
    let place = |doc: DocId| ((doc - window.start) % WINDOW) as usize;
    if let [only] = unit {
        match to {
            To::All => {
                let mut scored = scored.run();
                only.drain(window.end, |doc, weight| {
                    let at = place(doc);
                    slots[at].add(weight, counted);
                    scored.add(at);
                });
            }
            // Where many documents have the other units, a branch would often be mispredicted.
            To::Scored if scored.are_many() => only.drain(window.end, |doc, weight| {
                let at = place(doc);
                let is_scored = u8::from(scored.has(at));
                slots[at].add(weight * u16::from(is_scored), counted * is_scored);
            }),
            To::Scored => only.drain(window.end, |doc, weight| {
                let at = place(doc);
                if scored.has(at) {
                    slots[at].add(weight, counted);
                }
            }),
        }
        return;
    }
    let OfUnit { best, places } = of_unit;
    for cursor in unit {
        let mut places = places.run();
        cursor.drain(window.end, |doc, weight| {
            let at = place(doc);
            best[at] = weight.max(best[at]);
            places.add(at);
        });
    }
    match to {
        To::All => {
            let mut scored = scored.run();
            places.take(|at| {
                slots[at].add(std::mem::take(&mut best[at]), counted);
                scored.add(at);
            });
        }
        To::Scored => places.take(|at| {
            let weight = std::mem::take(&mut best[at]);
            if scored.has(at) {
                slots[at].add(weight, counted);
            }
        }),
    }
}

/// Opens the postings of lookups that the segment has.
fn cursors(segment: &Segment, lookups: &[Lookup], weight: u32) -> Result<Vec<Cursor>, SearchError> {
    let mut cursors = Vec::new();
    for lookup in lookups {
        if let Some(postings) = postings(segment, lookup, IndexRecordOption::WithFreqs)? {
            cursors.push(Cursor::new(postings, lookup.form, weight));
        }
    }
    Ok(cursors)
}
