//! A search: a keyword becomes units, units become terms of the index, and documents are ranked.

mod correct;
mod expand;
mod parse;
mod plan;
mod units;

#[cfg(test)]
mod tests;

pub use correct::correct;
use expand::Corrections;

use crate::{
    Found, Highlighter, Request, SearchError, chain, encode,
    lookups::keys,
    ranking::{Filters, Match, Ranking},
    snapshot::Snapshot,
    terms,
};

/// Where fewer documents have all words, those that have most are found as well.
const FEW: usize = 5;
/// How many hits a page can pass over; there is no page after more.
const MAX_OFFSET: usize = 10_000;
const MAX_LIMIT: usize = 1_000;

/// Returns a page of the documents that a keyword finds.
pub fn search(snapshot: &Snapshot, request: &Request) -> Result<Found, SearchError> {
    let groups = plan::groups(&request.keyword);
    let mut corrections = Corrections::new();
    let groups = groups.into_iter().map(|group| group.resolve(snapshot, &mut corrections));
    let groups = groups.collect::<Result<Vec<_>, _>>()?;
    let highlighter = Highlighter::new(&groups);
    let mut found = Found { total: 0, hits: Vec::new(), has_more: false, highlighter };
    let filters = filters(snapshot, request)?;
    if groups.is_empty() {
        return Ok(found);
    }
    let may_lack_words =
        !request.needs_all_words && groups.iter().any(|group| Match::Most.missing(group) > 0);
    let limit = request.limit.min(MAX_LIMIT);
    // One more than the page has says whether more hits follow.
    let keep = if request.offset > MAX_OFFSET { 0 } else { request.offset + limit + 1 };
    let rank = |matches| {
        let Request { after, on_two_threads, .. } = *request;
        Ranking { matches, keep, after, on_two_threads }.rank(snapshot, &groups, &filters)
    };
    let mut ranked = rank(Match::All)?;
    if ranked.total() < FEW && may_lack_words {
        ranked = rank(Match::Most)?;
        ranked.keep_fullest(FEW);
    }
    found.total = ranked.total();
    found.hits = ranked.into_hits().into_iter().skip(request.offset).collect();
    found.has_more = found.hits.len() > limit;
    found.hits.truncate(limit);
    Ok(found)
}

fn filters(snapshot: &Snapshot, request: &Request) -> Result<Filters, SearchError> {
    let asked = [
        (terms::CATEGORY, request.category.as_deref().map(encode::folded)),
        (terms::TAG, request.tag.as_deref().map(encode::folded)),
        (terms::AUTHOR, request.author.as_deref().map(encode::folded)),
        (
            terms::LANGUAGE,
            // A language that no document can be in finds nothing.
            request
                .language
                .as_deref()
                .map(|code| chain::known_language(code).unwrap_or("none").to_owned()),
        ),
    ];
    let asked =
        asked.into_iter().filter_map(|(kind, value)| value.map(|value| terms::key(kind, &value)));
    let keys = asked.map(|begin| keys(snapshot, &begin)).collect::<Result<_, _>>()?;
    Ok(Filters { keys, min_rating: request.min_rating.filter(|rating| *rating > 0.0) })
}
