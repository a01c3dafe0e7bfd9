//! The text of every version, in MongoDB. Postgres decides which versions exist: a document with a
//! higher number than the prompt's is an orphan of a crash, overwritten by the next edit and never
//! served.

mod list;
mod maintenance;

use std::{io, time::Duration};

use ids::{PromptId, UserId};
use mongodb::{
    Client, Collection, Database, IndexModel,
    bson::{DateTime, doc},
    error::{Error, ErrorKind, Result, WriteFailure},
    options::{ClientOptions, IndexOptions},
};
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;
use tokio::time::timeout;

use crate::{
    config::MongoConfig,
    domain::{PromptText, Version},
};

pub const COLLECTION: &str = "prompt_versions";

/// The deadline for finding a server, and for a connection.
const SERVER_DEADLINE: Duration = Duration::from_secs(2);

/// The deadline of one command.
const COMMAND_DEADLINE: Duration = Duration::from_secs(3);

/// Attempts to write a version, whose id may be taken at first and then free. The second succeeds, where
/// the sweep or a late write comes in between.
const ATTEMPTS: usize = 5;

/// A version as MongoDB stores it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// `<promptId>:<version>`: writing a version twice writes the same document.
    #[serde(rename = "_id")]
    pub id: String,
    prompt_id: String,
    version: i32,
    title: String,
    content: String,
    description: Option<String>,
    category: String,
    tags: Vec<String>,
    model: Option<String>,
    user_id: String,
    username: String,
    change_log: Option<String>,
    created_at: DateTime,
}

/// The fields of a document that distinguish it from another with the same number.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VersionStamp {
    #[serde(rename = "_id")]
    id: String,
    created_at: DateTime,
}

/// The collection of versions.
#[derive(Clone)]
pub struct Versions {
    database: Database,
    collection: Collection<Document>,
}

impl Versions {
    /// Makes a client, without waiting for the server.
    pub async fn new(config: MongoConfig) -> anyhow::Result<Self> {
        let mut options = ClientOptions::parse(&config.uri).await?;
        options.app_name = Some("prompt-service".to_owned());
        options.server_selection_timeout = Some(SERVER_DEADLINE);
        options.connect_timeout = Some(SERVER_DEADLINE);
        options.max_pool_size.get_or_insert(8);
        let database = Client::with_options(options)?.database(&config.database);
        let collection = database.collection(COLLECTION);
        Ok(Self { database, collection })
    }

    /// Creates the unique index on `(promptId, version)`, and the one that finds an author's versions.
    /// Does nothing where they exist.
    pub async fn create_indexes(&self) -> Result<()> {
        let unique = IndexModel::builder()
            .keys(doc! { "promptId": 1, "version": 1 })
            .options(IndexOptions::builder().unique(true).build())
            .build();
        let by_author = IndexModel::builder().keys(doc! { "userId": 1, "username": 1 }).build();
        for index in [unique, by_author] {
            self.collection.create_index(index).await?;
        }
        Ok(())
    }

    /// Checks that the server answers.
    pub async fn ping(self) -> anyhow::Result<()> {
        self.database.run_command(doc! { "ping": 1 }).await?;
        Ok(())
    }

    /// Writes a version whose number Postgres has not committed yet, over an orphan with that number if
    /// there is one.
    ///
    /// Inserts the document, or replaces exactly the orphan that was read: a write that was abandoned
    /// but still arrives, after the next edit has taken the number, changes nothing.
    pub async fn write(&self, version: &Version) -> Result<()> {
        let document = Document::from(version);
        let stamps = self.collection.clone_with_type::<VersionStamp>();
        for _ in 0..ATTEMPTS {
            match with_deadline(self.collection.insert_one(&document)).await {
                Err(error) if is_duplicate_key(&error) => {}
                result => return result.map(drop),
            }
            let id = doc! { "_id": &document.id };
            let stamp = stamps.find_one(id).projection(doc! { "_id": 1, "createdAt": 1 });
            // The sweep may have removed the orphan since; then the next attempt inserts.
            let Some(orphan) = with_deadline(stamp).await? else { continue };
            let seen = doc! { "_id": orphan.id, "createdAt": orphan.created_at };
            if with_deadline(self.collection.replace_one(seen, &document)).await?.matched_count > 0
            {
                return Ok(());
            }
        }
        Err(io::Error::other("others keep writing the same version").into())
    }

    /// Finds a version's document, whether or not the version exists.
    pub async fn find(&self, prompt: PromptId, version: i32) -> Result<Option<Version>> {
        let found =
            with_deadline(self.collection.find_one(doc! { "_id": id(prompt, version) })).await?;
        Ok(found.map(|document| document.into_version(prompt)))
    }

    /// Removes all versions of a prompt.
    pub async fn delete_all(&self, prompt: PromptId) -> Result<()> {
        with_deadline(self.collection.delete_many(doc! { "promptId": prompt.to_string() })).await?;
        Ok(())
    }
}

/// Runs a command with a deadline. A server that hangs counts as away: an edit waits here with a row
/// locked and a connection held.
async fn with_deadline<T>(command: impl IntoFuture<Output = Result<T>>) -> Result<T> {
    match timeout(COMMAND_DEADLINE, command).await {
        Ok(result) => result,
        Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
    }
}

fn is_duplicate_key(error: &Error) -> bool {
    const DUPLICATE_KEY: i32 = 11000;
    matches!(*error.kind, ErrorKind::Write(WriteFailure::WriteError(ref write))
        if write.code == DUPLICATE_KEY)
}

fn id(prompt: PromptId, version: i32) -> String {
    format!("{prompt}:{version}")
}

/// Returns the prompt and the number in a document's id; `None` when this service did not write it.
pub fn parse_id(id: &str) -> Option<(PromptId, i32)> {
    let (prompt, version) = id.split_once(':')?;
    Some((prompt.parse().ok()?, version.parse().ok()?))
}

/// Parses an author's id. This service writes nothing but a `UserId`; anything else becomes the nil id.
fn parse_author(id: &str) -> UserId {
    id.parse().unwrap_or(UserId(Default::default()))
}

fn date(time: Timestamp) -> DateTime {
    DateTime::from_millis(time.0.timestamp_millis())
}

impl From<&Version> for Document {
    fn from(version: &Version) -> Self {
        let text = version.text.clone();
        Self {
            id: id(version.prompt_id, version.version),
            prompt_id: version.prompt_id.to_string(),
            version: version.version,
            title: text.title,
            content: text.content,
            description: text.description,
            category: text.category,
            tags: text.tags,
            model: text.model,
            user_id: version.user_id.to_string(),
            username: version.username.clone(),
            change_log: version.change_log.clone(),
            created_at: date(version.created_at),
        }
    }
}

impl Document {
    fn into_version(self, prompt_id: PromptId) -> Version {
        Version {
            prompt_id,
            version: self.version,
            text: PromptText {
                title: self.title,
                content: self.content,
                description: self.description,
                category: self.category,
                tags: self.tags,
                model: self.model,
            },
            user_id: parse_author(&self.user_id),
            username: self.username,
            change_log: self.change_log,
            created_at: Timestamp::from_millis(self.created_at.timestamp_millis()),
        }
    }
}
