//! What the prompt service has to be told. A row says that something has changed, never what: that
//! is read, in one snapshot with the row's revision, when it is told.

use std::time::Duration;

use ids::{LicenseId, PromptId, UserId};
use pg::Timestamp;
use sqlx::{PgConnection, PgExecutor, query, query_scalar};
use uuid::Uuid;

use crate::domain::{About, Amount, Currency, Money, Subject};

/// Something is to be told, in the transaction that changes it. Not due before `after`: until then
/// whoever changed it tells it.
pub async fn add(
    connection: &mut PgConnection,
    subject: Subject,
    after: Duration,
) -> sqlx::Result<()> {
    query!(
        "insert into prompt_steps (subject, about, prompt_id, due_at)
         values ($1, $2, $3, now() + make_interval(secs => $4))
         on conflict (subject) do update
         set revision = prompt_steps.revision + 1, attempts = 0, due_at = excluded.due_at",
        subject.id(),
        subject.about() as About,
        subject.prompt().0,
        after.as_secs_f64(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Claims up to `limit` steps that are due: until the next try is due, nobody else takes them. Each
/// further try comes twice as late as the one before, up to 16 times `retry`.
pub async fn claim(
    executor: impl PgExecutor<'_>,
    retry: Duration,
    limit: i64,
) -> sqlx::Result<Vec<Uuid>> {
    query_scalar!(
        "update prompt_steps s
         set attempts = s.attempts + 1,
             due_at = now() + make_interval(
                 secs => $1 * power(2, least(s.attempts, 4)) * (1 + random() / 4))
         from (select subject from prompt_steps where delivered < revision and due_at <= now()
               order by due_at limit $2 for update skip locked) due
         where s.subject = due.subject
         returning s.subject",
        retry.as_secs_f64(),
        limit,
    )
    .fetch_all(executor)
    .await
}

/// What is true of a subject, as of a revision.
#[derive(Debug)]
pub struct Telling {
    pub prompt: PromptId,
    pub revision: i64,
    pub what: What,
}

#[derive(Debug)]
pub enum What {
    /// Premium exactly when there is a price.
    Premium {
        price: Option<Amount>,
    },
    Granted {
        license: LicenseId,
        user: UserId,
        version: i32,
        expires_at: Option<Timestamp>,
    },
    Revoked {
        license: LicenseId,
    },
}

/// What is to be told of a subject now; `None` when all is told.
pub async fn load(executor: impl PgExecutor<'_>, subject: Uuid) -> sqlx::Result<Option<Telling>> {
    let row = query!(
        r#"select s.about, s.prompt_id, s.revision, l.price as "price?: Money",
                  l.currency as "currency?: Currency", n.buyer_id as "user?: UserId", n.prompt_version as "version?", n.expires_at,
                  n.ended_at is null as "stands!"
           from prompt_steps s
           left join listings l
               on s.about = 'PREMIUM' and l.prompt_id = s.prompt_id and l.status = 'ACTIVE'
           left join licenses n on s.about = 'LICENSE' and n.id = s.subject
           where s.subject = $1 and s.delivered < s.revision"#,
        subject,
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(|row| Telling {
        prompt: row.prompt_id,
        revision: row.revision,
        what: match (row.about, row.user, row.version) {
            (About::Premium, ..) => What::Premium {
                price: row.price.zip(row.currency).map(|(price, currency)| price.amount(&currency)),
            },
            (About::License, Some(user), Some(version)) if row.stands => What::Granted {
                license: LicenseId(subject),
                user,
                version,
                expires_at: row.expires_at,
            },
            (About::License, ..) => What::Revoked { license: LicenseId(subject) },
        },
    }))
}

/// The prompt service holds this revision, or has no use for it.
pub async fn delivered(
    executor: impl PgExecutor<'_>,
    subject: Uuid,
    revision: i64,
) -> sqlx::Result<()> {
    query!(
        "update prompt_steps set delivered = greatest(delivered, $2) where subject = $1",
        subject,
        revision,
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// How many are waiting; not counted beyond `limit`.
pub async fn waiting(executor: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select count(*) as "count!"
           from (select from prompt_steps where delivered < revision limit $1) s"#,
        limit,
    )
    .fetch_one(executor)
    .await
}
