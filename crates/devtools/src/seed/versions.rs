//! The versions of prompts, as the prompt service keeps them in MongoDB.

use anyhow::Context;
use mongodb::{
    Client, Collection,
    bson::doc,
    error::{Error, ErrorKind},
};

use ids::{PromptId, UserId};
use prompt_service::rows::{PromptText, VERSIONS, Version, VersionDocument};
use timestamp::Timestamp;

use super::{people::People, prompts::Prompt, words::CHANGES};

const DATABASE: &str = "promptforge_db";

/// Makes the document of a version.
pub fn document(prompt: &Prompt, version: i32, people: &People) -> VersionDocument {
    let text = prompt.text_of(version);
    let change = (version > 1).then(|| CHANGES[text.content.len() % CHANGES.len()]);
    VersionDocument::from(&Version {
        prompt_id: PromptId(prompt.id),
        version,
        text: PromptText {
            title: text.title,
            content: text.content,
            description: text.description,
            category: text.category.to_owned(),
            tags: text.tags,
            model: text.model.map(str::to_owned),
        },
        user_id: UserId(people.ids[prompt.author]),
        username: people.usernames[prompt.author].clone(),
        change_log: change.map(str::to_owned),
        created_at: Timestamp::from_millis(prompt.time_of(version)),
    })
}

/// The collection of versions.
#[derive(Clone)]
pub struct Versions(Collection<VersionDocument>);

impl Versions {
    /// Connects to the collection.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn open(uri: &str) -> anyhow::Result<Self> {
        let client = Client::with_uri_str(uri).await.context("MONGODB_URI")?;
        let database = client.default_database().unwrap_or_else(|| client.database(DATABASE));
        database.run_command(doc! { "ping": 1 }).await.context("cannot reach MongoDB")?;
        Ok(Self(database.collection(VERSIONS)))
    }

    /// Writes versions whose prompts Postgres does not have yet. Existing ones were left by a run that was
    /// interrupted before it wrote the prompts, and are replaced.
    ///
    /// # Errors
    /// When the versions cannot be written.
    pub async fn write(&self, versions: &[VersionDocument]) -> anyhow::Result<()> {
        let write = || async { self.0.insert_many(versions).await };
        if versions.is_empty() {
            return Ok(());
        }
        match write().await {
            Err(error) if is_duplicate(&error) => {
                let ids: Vec<_> = versions.iter().map(|version| version.id.as_str()).collect();
                self.0.delete_many(doc! { "_id": { "$in": ids } }).await?;
                write().await
            }
            written => written,
        }
        .context("cannot write versions")?;
        Ok(())
    }
}

fn is_duplicate(error: &Error) -> bool {
    const DUPLICATE_KEY: i32 = 11000;
    matches!(&*error.kind, ErrorKind::InsertMany(error)
        if error.write_errors.iter().flatten().any(|write| write.code == DUPLICATE_KEY))
}
