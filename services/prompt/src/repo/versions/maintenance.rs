//! Commands of the sweep and of the deletion of accounts.

use futures_util::TryStreamExt;
use ids::{PromptId, UserId};
use mongodb::{bson::doc, error::Result};
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;

use super::{COLLECTION, Versions, date, is_duplicate_key, with_deadline};

const OWNERS: &str = "prompt_versions_owner";

/// The id of a document.
#[derive(Serialize, Deserialize)]
struct Id {
    #[serde(rename = "_id")]
    id: String,
}

/// The Postgres database that decides which versions exist.
#[derive(Serialize, Deserialize)]
struct Owner {
    /// The name of the owned collection.
    #[serde(rename = "_id")]
    id: String,
    postgres: String,
}

impl Versions {
    /// Returns the ids of the next documents, in order. Reads the index of ids alone.
    pub async fn ids_after(&self, after: &str, limit: i64) -> Result<Vec<String>> {
        let ids = self.collection.clone_with_type::<Id>();
        with_deadline(async {
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

    /// Removes a prompt's versions above a number that were written before a time. Returns how many
    /// it removed.
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
        Ok(with_deadline(self.collection.delete_many(orphans)).await?.deleted_count)
    }

    /// Removes all versions of these prompts that were written before a time. Returns how many it
    /// removed.
    pub async fn remove_all(&self, prompts: &[PromptId], before: Timestamp) -> Result<u64> {
        let prompts: Vec<String> = prompts.iter().map(PromptId::to_string).collect();
        let orphans = doc! {
            "promptId": { "$in": prompts },
            "createdAt": { "$lt": date(before) },
        };
        Ok(with_deadline(self.collection.delete_many(orphans)).await?.deleted_count)
    }

    /// Returns whether the versions belong to the Postgres database of that name. The first call claims
    /// them for it.
    pub async fn is_owned_by(&self, postgres: &str) -> Result<bool> {
        let owners = self.database.collection::<Owner>(OWNERS);
        loop {
            if let Some(owner) = with_deadline(owners.find_one(doc! { "_id": COLLECTION })).await? {
                return Ok(owner.postgres == postgres);
            }
            let claim = Owner { id: COLLECTION.to_owned(), postgres: postgres.to_owned() };
            match with_deadline(owners.insert_one(claim)).await {
                Err(error) if is_duplicate_key(&error) => {}
                result => result.map(drop)?,
            }
        }
    }

    /// Renames the author of some of their versions. Returns false when all have the name.
    pub async fn rename_author_of_some(
        &self,
        author: UserId,
        name: &str,
        limit: i64,
    ) -> Result<bool> {
        let others = doc! { "userId": author.to_string(), "username": { "$ne": name } };
        let ids = self.collection.clone_with_type::<Id>();
        let some: Vec<String> = with_deadline(async {
            let found = ids.find(others).projection(doc! { "_id": 1 }).limit(limit).await?;
            found.map_ok(|document| document.id).try_collect().await
        })
        .await?;
        if some.is_empty() {
            return Ok(false);
        }
        let renamed = doc! { "$set": { "username": name } };
        with_deadline(self.collection.update_many(doc! { "_id": { "$in": some } }, renamed))
            .await?;
        Ok(true)
    }
}
