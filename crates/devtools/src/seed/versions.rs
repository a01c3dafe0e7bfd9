//! The versions of prompts, as the prompt service keeps them in MongoDB.

use anyhow::Context;
use mongodb::{
    Client, Collection,
    bson::{DateTime, Document, doc},
    error::{Error, ErrorKind},
};

use super::{people::People, prompts::Prompt, words::CHANGES};

const DATABASE: &str = "promptforge_db";
const COLLECTION: &str = "prompt_versions";

/// Makes the document of a version.
pub fn document(prompt: &Prompt, version: i32, people: &People) -> Document {
    let text = prompt.text_of(version);
    let change = (version > 1).then(|| CHANGES[text.content.len() % CHANGES.len()]);
    doc! {
        "_id": format!("{}:{version}", prompt.id),
        "promptId": prompt.id.to_string(),
        "version": version,
        "title": text.title,
        "content": text.content,
        "description": text.description,
        "category": text.category,
        "tags": text.tags,
        "model": text.model,
        "userId": people.ids[prompt.author].to_string(),
        "username": &people.usernames[prompt.author],
        "changeLog": change,
        "createdAt": DateTime::from_millis(prompt.time_of(version)),
    }
}

/// The collection of versions.
#[derive(Clone)]
pub struct Versions(Collection<Document>);

impl Versions {
    /// Connects to the collection.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn open(uri: &str) -> anyhow::Result<Self> {
        let client = Client::with_uri_str(uri).await.context("MONGODB_URI")?;
        let database = client.default_database().unwrap_or_else(|| client.database(DATABASE));
        database.run_command(doc! { "ping": 1 }).await.context("cannot reach MongoDB")?;
        Ok(Self(database.collection(COLLECTION)))
    }

    /// Writes versions whose prompts Postgres does not have yet. Existing ones were left by a run that was
    /// interrupted before it wrote the prompts, and are replaced.
    ///
    /// # Errors
    /// When the versions cannot be written.
    pub async fn write(&self, versions: &[Document]) -> anyhow::Result<()> {
        let write = || async { self.0.insert_many(versions).await };
        if versions.is_empty() {
            return Ok(());
        }
        match write().await {
            Err(error) if is_duplicate(&error) => {
                let ids: Vec<_> =
                    versions.iter().filter_map(|version| version.get("_id")).collect();
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
