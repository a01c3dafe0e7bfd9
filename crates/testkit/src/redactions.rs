//! What a snapshot of a response replaces, because it differs from run to run.

use insta::{Settings, internals::Content};

const IDS: [&str; 18] = [
    "authorId",
    "buyerId",
    "datasetId",
    "followerId",
    "followingId",
    "id",
    "licenseId",
    "listingId",
    "parentId",
    "promptId",
    "repeatOf",
    "runId",
    "sellerId",
    "testId",
    "to",
    "toTestId",
    "transactionId",
    "userId",
];

const TIMES: [&str; 11] = [
    "completedAt",
    "createdAt",
    "expiresAt",
    "lastLoginAt",
    "lastUsedAt",
    "listedAt",
    "refundedAt",
    "startedAt",
    "timestamp",
    "transactionDate",
    "updatedAt",
];

const DURATIONS: [&str; 3] = ["meanResponseTimeMs", "p95ResponseTimeMs", "responseTimeMs"];

/// Returns the settings of a snapshot of a response, to be named `snapshots/<name>.snap`. Ids, times,
/// tokens, keys, cursors and durations are replaced, each only where it has its form: `null`, or a time
/// without milliseconds, stays and is compared.
pub fn redactions() -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for field in IDS {
        replace(&mut settings, field, "[id]", |text| text.len() == 36);
    }
    for field in TIMES {
        replace(&mut settings, field, "[time]", is_time);
    }
    replace(&mut settings, "accessToken", "[token]", |text| text.split('.').count() == 3);
    replace(&mut settings, "refreshToken", "[token]", |text| text.len() >= 43);
    replace(&mut settings, "licenseKey", "[key]", |text| text.split('-').count() == 7);
    replace(&mut settings, "nextCursor", "[cursor]", |text| !text.is_empty());
    replace(&mut settings, "requestId", "[id]", |text| !text.is_empty());
    for field in DURATIONS {
        settings.add_dynamic_redaction(&format!(".**.{field}"), |value, _| match value {
            Content::None | Content::Unit => value,
            _ => "[ms]".into(),
        });
    }
    settings
}

/// Replaces the texts of a field that have a form.
fn replace(settings: &mut Settings, field: &str, with: &'static str, has_form: fn(&str) -> bool) {
    settings.add_dynamic_redaction(&format!(".**.{field}"), move |value, _| {
        if value.as_str().is_some_and(has_form) { with.into() } else { value }
    });
}

/// Returns whether a text is of the form `2026-01-31T23:59:59.999Z`.
fn is_time(text: &str) -> bool {
    text.len() == 24
        && text.as_bytes()[10] == b'T'
        && text.as_bytes()[19] == b'.'
        && text.ends_with('Z')
}
