//! What the sweep and the deletion of accounts ask of MongoDB.

use futures_util::TryStreamExt;
use ids::{PromptId, UserId};
use mongodb::{bson::doc, error::Result};
use pg::Timestamp;
use serde::{Deserialize, Serialize};

use super::{COLLECTION, Versions, date, in_time, is_duplicate};

const OWNERS: &str = "prompt_versions_owner";

/// A document of which only its id is read.
#[derive(Serialize, Deserialize)]
struct Id {
    #[serde(rename = "_id")]
    id: String,
}

/// Which Postgres database says what versions there are.
#[derive(Serialize, Deserialize)]
struct Owner {
    /// The collection that is owned.
    #[serde(rename = "_id")]
    id: String,
    postgres: String,
}

impl Versions {
    /// The ids of the next documents, in order. Read from the index of ids alone.
    pub async fn ids_after(&self, after: &str, limit: i64) -> Result<Vec<String>> {
        let ids = self.collection.clone_with_type::<Id>();
        in_time(async {
            let found = ids
                .find(doc! { "_id": { "$gt": after } })
                .projection(doc! { "_id": 1 })
                .sort(doc! { "_id": 1 })
                .limit(limit)
                .await?;
            found.map_ok(|document| document.id).try_collect().await
        })
        .await
    }

    /// Removes a prompt's versions above a number, as far as they were written before a time.
    /// Returns how many.
    pub async fn remove_above(
        &self,
        prompt: PromptId,
        number: i32,
        before: Timestamp,
    ) -> Result<u64> {
        let orphans = doc! {
            "promptId": prompt.to_string(),
            "version": { "$gt": number },
            "createdAt": { "$lt": date(before) },
        };
        Ok(in_time(self.collection.delete_many(orphans)).await?.deleted_count)
    }

    /// Removes all versions of these prompts, as far as they were written before a time. Returns how
    /// many.
    pub async fn remove_all(&self, prompts: &[PromptId], before: Timestamp) -> Result<u64> {
        let prompts: Vec<String> = prompts.iter().map(PromptId::to_string).collect();
        let orphans = doc! {
            "promptId": { "$in": prompts },
            "createdAt": { "$lt": date(before) },
        };
        Ok(in_time(self.collection.delete_many(orphans)).await?.deleted_count)
    }

    /// Whether the versions here are those of the Postgres database of that name. The first to ask
    /// decides it.
    pub async fn belong_to(&self, postgres: &str) -> Result<bool> {
        let owners = self.database.collection::<Owner>(OWNERS);
        loop {
            if let Some(owner) = in_time(owners.find_one(doc! { "_id": COLLECTION })).await? {
                return Ok(owner.postgres == postgres);
            }
            let claim = Owner { id: COLLECTION.to_owned(), postgres: postgres.to_owned() };
            match in_time(owners.insert_one(claim)).await {
                Err(error) if is_duplicate(&error) => {}
                result => result.map(drop)?,
            }
        }
    }

    /// Gives some versions by an author another name; false when all have it.
    pub async fn rename_some(&self, author: UserId, name: &str, limit: i64) -> Result<bool> {
        let others = doc! { "userId": author.to_string(), "username": { "$ne": name } };
        let ids = self.collection.clone_with_type::<Id>();
        let some: Vec<String> = in_time(async {
            let found = ids.find(others).projection(doc! { "_id": 1 }).limit(limit).await?;
            found.map_ok(|document| document.id).try_collect().await
        })
        .await?;
        if some.is_empty() {
            return Ok(false);
        }
        let renamed = doc! { "$set": { "username": name } };
        in_time(self.collection.update_many(doc! { "_id": { "$in": some } }, renamed)).await?;
        Ok(true)
    }
}
