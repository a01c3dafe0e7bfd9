//! Rows in the binary format of COPY, which Postgres reads without parsing text:
//! <https://www.postgresql.org/docs/15/sql-copy.html>.

use anyhow::Context;
use sqlx::PgConnection;
use uuid::Uuid;

/// The epoch of Postgres, 2000, in milliseconds since 1970.
const EPOCH: i64 = 946_684_800_000;

/// The rows of one table, encoded.
pub struct Rows<const N: usize> {
    table: &'static str,
    columns: [&'static str; N],
    data: Vec<u8>,
    count: u64,
}

impl<const N: usize> Rows<N> {
    pub fn new(table: &'static str, columns: [&'static str; N]) -> Self {
        let mut data = b"PGCOPY\n\xff\r\n\0".to_vec();
        // No flags, no header extension.
        data.extend([0; 8]);
        Self { table, columns, data, count: 0 }
    }

    pub fn push(&mut self, fields: [&dyn Field; N]) {
        self.data.extend((N as i16).to_be_bytes());
        for field in fields {
            let start = self.data.len();
            self.data.extend(NULL.to_be_bytes());
            if field.write(&mut self.data) {
                let length = (self.data.len() - start - 4) as i32;
                self.data[start..start + 4].copy_from_slice(&length.to_be_bytes());
            }
        }
        self.count += 1;
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// Writes all rows or none.
    ///
    /// # Errors
    /// When Postgres refuses a row.
    pub async fn write(self, connection: &mut PgConnection) -> anyhow::Result<()> {
        let table = self.table;
        self.copy_to(connection).await.with_context(|| format!("cannot write {table}"))
    }

    async fn copy_to(mut self, connection: &mut PgConnection) -> sqlx::Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        // The trailer.
        self.data.extend((-1_i16).to_be_bytes());
        let columns = self.columns.join(", ");
        let statement = format!("copy {} ({columns}) from stdin (format binary)", self.table);
        let mut copy = connection.copy_in_raw(&statement).await?;
        copy.send(self.data).await?;
        copy.finish().await?;
        Ok(())
    }
}

/// The length that marks a null.
const NULL: i32 = -1;

/// A value that can be encoded for a column of its type.
pub trait Field {
    /// Appends the value; returns false for null and appends nothing.
    fn write(&self, out: &mut Vec<u8>) -> bool;
}

/// A time in milliseconds since 1970, for a `timestamptz`.
pub struct Time(pub i64);

impl Field for Time {
    fn write(&self, out: &mut Vec<u8>) -> bool {
        ((self.0 - EPOCH) * 1000).write(out)
    }
}

/// The versions from 1 to this one, or none, for an `int4multirange`.
pub struct VersionsUpTo(pub Option<i32>);

impl Field for VersionsUpTo {
    fn write(&self, out: &mut Vec<u8>) -> bool {
        /// The flag of a range with its lower bound and without its upper one.
        const LOWER_INCLUSIVE: u8 = 2;
        /// The length of the flags and of two bounds with their lengths.
        const RANGE_BYTES: i32 = 1 + 2 * (4 + 4);
        let Some(last) = self.0 else { return 0_i32.write(out) };
        out.extend([1, RANGE_BYTES].map(i32::to_be_bytes).as_flattened());
        out.push(LOWER_INCLUSIVE);
        out.extend([4, 1, 4, last + 1].map(i32::to_be_bytes).as_flattened());
        true
    }
}

impl Field for Uuid {
    fn write(&self, out: &mut Vec<u8>) -> bool {
        out.extend(self.as_bytes());
        true
    }
}

impl Field for &str {
    fn write(&self, out: &mut Vec<u8>) -> bool {
        out.extend(self.as_bytes());
        true
    }
}

impl Field for String {
    fn write(&self, out: &mut Vec<u8>) -> bool {
        self.as_str().write(out)
    }
}

impl Field for bool {
    fn write(&self, out: &mut Vec<u8>) -> bool {
        out.push((*self).into());
        true
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl Field for $number {
            fn write(&self, out: &mut Vec<u8>) -> bool {
                out.extend(self.to_be_bytes());
                true
            }
        }
    )+};
}

numbers!(i16, i32, i64, f64);

impl<T: Field> Field for Option<T> {
    fn write(&self, out: &mut Vec<u8>) -> bool {
        self.as_ref().is_some_and(|value| value.write(out))
    }
}

/// For a `text[]`.
impl<T: AsRef<str>> Field for Vec<T> {
    fn write(&self, out: &mut Vec<u8>) -> bool {
        /// The type `text`, as `pg_type` numbers it in every installation.
        const TEXT: i32 = 25;
        let dimensions = i32::from(!self.is_empty());
        out.extend([dimensions, 0, TEXT].map(i32::to_be_bytes).as_flattened());
        if !self.is_empty() {
            // The index of the first item is 1.
            out.extend([self.len() as i32, 1].map(i32::to_be_bytes).as_flattened());
        }
        for item in self {
            out.extend((item.as_ref().len() as i32).to_be_bytes());
            out.extend(item.as_ref().as_bytes());
        }
        true
    }
}
