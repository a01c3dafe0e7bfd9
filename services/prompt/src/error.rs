//! The errors of the use cases, and the problems they become.

use std::{sync::Arc, time::Duration};

use http_kit::{ApiError, blocking::BlockingError, page::CursorError};
use read_cache::{ReadError, SharedReadError};

use crate::domain::{MAX_LABELS, MAX_RENDERED_BYTES};

http_kit::errors! {
    /// The error of a use case.
    pub enum ServiceError {
        PromptNotFound = 404 PROMPT_NOT_FOUND "No such prompt.";
        VersionNotFound = 404 VERSION_NOT_FOUND "This prompt has no such version.";
        LabelNotFound = 404 LABEL_NOT_FOUND "No version of this prompt has that label.";
        CommentNotFound = 404 COMMENT_NOT_FOUND "No such comment.";
        ContentWithheld = 403 LICENSE_REQUIRED
            "This prompt is premium: its content is for those who hold a licence.";
        PremiumFork = 403 PREMIUM_NOT_FORKABLE
            "A licence is to use this prompt: only its author may fork it.";
        NotTheAuthor = 403 FORBIDDEN "Only its author may do this.";
        OwnPrompt = 409 OWN_PROMPT "You cannot rate what you wrote.";
        Changed = 412 PROMPT_CHANGED
            "The prompt has changed since you read it. Read it again and repeat your change.";
        TooManyLabels = 422 TOO_MANY_LABELS
            "A prompt has at most {MAX_LABELS} labels: remove one first."
            .with_field("label", "would be one too many");
        LabelReserved = 422 LABEL_RESERVED "The newest version is `latest` by itself."
            .with_field("label", "goes with the newest version, and cannot be set or removed");
        VariablesUnresolved { names: template::Unresolved } = 422 VARIABLES_UNRESOLVED
            "The variables given are not those needed."
            .with_fields(variable_problems(names));
        RenderedTooLong = 422 RENDERED_TOO_LONG
            "The filled-in text would have more than {MAX_RENDERED_BYTES} bytes."
            .with_field("variables", "make the text too long");
        SearchNotReady = 503 SEARCH_NOT_READY
            "The search index is being built. Please try again."
            .with_retry_after(SEARCH_RETRY);
        ReplyToReply = 422 REPLY_TO_REPLY
            "Replies go one level deep: answer the comment, not the reply."
            .with_field("parentId", "is itself a reply");
    } or {
        Cursor(#[from] CursorError) => ApiError::from;
        IdempotencyKey(#[from] idempotency::Error) => ApiError::from;
        Database(#[from] sqlx::Error) => pg::api_error;
        /// The error of a statement that several requests waited for.
        SharedDatabase(#[from] Arc<sqlx::Error>) => shared_database_problem;
        Read(#[from] ReadError) => ApiError::from;
        /// The error of a read that several requests waited for.
        SharedRead(#[from] SharedReadError) => ApiError::from;
        Versions(#[from] mongodb::error::Error) => version_store_problem;
        TooLate(#[from] TooLate) => |error| ApiError::unavailable("version store", error);
        Blocking(#[from] BlockingError) => ApiError::from;
    }
}

/// When to ask again for an index that holds nothing yet.
const SEARCH_RETRY: Duration = Duration::from_secs(2);

/// The error of a creation whose document the sweep might have removed.
#[derive(Debug, thiserror::Error)]
#[error("the document was written too long ago")]
pub struct TooLate;

impl From<template::Unresolved> for ServiceError {
    fn from(names: template::Unresolved) -> Self {
        Self::VariablesUnresolved { names }
    }
}

/// Variables that a problem names, at most: a request has room for a hundred thousand.
const MAX_NAMED: usize = 1000;

/// Returns what is wrong with every variable, under the path it has in a request.
fn variable_problems(names: template::Unresolved) -> Vec<(String, String)> {
    let count = names.missing.len() + names.unknown.len();
    let missing = names.missing.into_iter().map(|name| (name, "is missing"));
    let unknown = names.unknown.into_iter().map(|name| (name, "is not a variable of this version"));
    let named = missing.chain(unknown).take(MAX_NAMED);
    let mut problems: Vec<_> =
        named.map(|(name, problem)| (format!("variables.{name}"), problem.to_owned())).collect();
    if let Some(more @ 1..) = count.checked_sub(MAX_NAMED) {
        problems.push(("variables".to_owned(), format!("are wrong in {more} more names")));
    }
    problems
}

fn shared_database_problem(error: Arc<sqlx::Error>) -> ApiError {
    match pg::is_outage(&error) {
        true => ApiError::unavailable("database", error),
        false => ApiError::internal(error),
    }
}

fn version_store_problem(error: mongodb::error::Error) -> ApiError {
    match is_outage(&error) {
        true => ApiError::unavailable("version store", error),
        false => ApiError::internal(error),
    }
}

/// Returns whether MongoDB is away, rather than the command being wrong.
fn is_outage(error: &mongodb::error::Error) -> bool {
    use mongodb::error::{ErrorKind, RETRYABLE_WRITE_ERROR};
    matches!(
        *error.kind,
        ErrorKind::Io(_)
            | ErrorKind::ServerSelection { .. }
            | ErrorKind::ConnectionPoolCleared { .. }
            | ErrorKind::DnsResolve { .. }
            | ErrorKind::Shutdown
    ) || error.contains_label(RETRYABLE_WRITE_ERROR)
}
