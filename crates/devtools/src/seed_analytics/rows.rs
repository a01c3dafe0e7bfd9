//! The rows of a part of the activity.

use std::ops::Range;

use pg::{CopyFields, CopyRow, CopyRows};
use sqlx::{PgConnection, error::BoxDynError};
use timestamp::Timestamp;
use uuid::Uuid;

use super::plan::{Plan, Viewer};

/// A row of `user_activity_events`: a registration.
struct UserRow {
    event_id: Uuid,
    user_id: Uuid,
    at: Timestamp,
}

impl CopyRow for UserRow {
    const TABLE: &'static str = "user_activity_events";
    const COLUMNS: &'static [&'static str] = &["event_id", "user_id", "event_type", "event_time"];

    fn encode(&self, fields: &mut CopyFields) -> Result<(), BoxDynError> {
        fields.push(&self.event_id)?;
        fields.push(&self.user_id)?;
        fields.push(&"REGISTERED")?;
        fields.push(&self.at)
    }
}

/// A row of `prompt_activity_events`: a creation or a view.
struct PromptRow {
    event_id: Uuid,
    prompt_id: Uuid,
    user_id: Option<Uuid>,
    viewer: Option<Uuid>,
    event_type: &'static str,
    at: Timestamp,
}

impl CopyRow for PromptRow {
    const TABLE: &'static str = "prompt_activity_events";
    const COLUMNS: &'static [&'static str] =
        &["event_id", "prompt_id", "user_id", "viewer", "event_type", "event_time"];

    fn encode(&self, fields: &mut CopyFields) -> Result<(), BoxDynError> {
        fields.push(&self.event_id)?;
        fields.push(&self.prompt_id)?;
        fields.push(&self.user_id)?;
        fields.push(&self.viewer)?;
        fields.push(&self.event_type)?;
        fields.push(&self.at)
    }
}

/// A row of `event_ids`.
struct IdRow {
    event_id: Uuid,
    at: Timestamp,
}

impl CopyRow for IdRow {
    const TABLE: &'static str = "event_ids";
    const COLUMNS: &'static [&'static str] = &["event_id", "event_time"];

    fn encode(&self, fields: &mut CopyFields) -> Result<(), BoxDynError> {
        fields.push(&self.event_id)?;
        fields.push(&self.at)
    }
}

/// The rows of each table.
#[derive(Default)]
pub struct Tables {
    users: CopyRows<UserRow>,
    prompts: CopyRows<PromptRow>,
    event_ids: CopyRows<IdRow>,
}

impl Tables {
    /// Makes the views with these numbers, and the creations and registrations of the same time.
    pub fn new(plan: &Plan, views: Range<u64>) -> Self {
        let mut tables = Self::default();
        for account in plan.registrations(views.clone()) {
            let (event_id, at) = (account.event_id, Timestamp::from_millis(account.at));
            tables.users.push(&UserRow { event_id, user_id: account.user_id, at });
            tables.event_ids.push(&IdRow { event_id, at });
        }
        for prompt in plan.creations(views.clone()) {
            tables.add_prompt_event(PromptRow {
                event_id: prompt.event_id,
                prompt_id: prompt.id,
                user_id: Some(prompt.user_id),
                viewer: None,
                event_type: "CREATED",
                at: Timestamp::from_millis(prompt.at),
            });
        }
        for number in views {
            let view = plan.view(number);
            let (user_id, viewer) = match view.viewer {
                Viewer::Account(id) => (Some(id), None),
                Viewer::Visitor(key) => (None, Some(key)),
                Viewer::Unknown => (None, None),
            };
            tables.add_prompt_event(PromptRow {
                event_id: view.event_id,
                prompt_id: view.prompt_id,
                user_id,
                viewer,
                event_type: "VIEWED",
                at: Timestamp::from_millis(view.at),
            });
        }
        tables
    }

    fn add_prompt_event(&mut self, row: PromptRow) {
        self.prompts.push(&row);
        self.event_ids.push(&IdRow { event_id: row.event_id, at: row.at });
    }

    /// Returns the number of events.
    pub fn events(&self) -> u64 {
        self.event_ids.count()
    }

    /// Writes all rows; the caller has a transaction.
    ///
    /// # Errors
    /// When Postgres refuses a row.
    pub async fn write(self, connection: &mut PgConnection) -> sqlx::Result<()> {
        self.users.write(connection).await?;
        self.prompts.write(connection).await?;
        self.event_ids.write(connection).await
    }
}
