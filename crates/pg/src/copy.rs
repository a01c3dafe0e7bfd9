//! Bulk writes with COPY, in its binary format, which Postgres reads without parsing text:
//! <https://www.postgresql.org/docs/15/sql-copy.html>.
//!
//! [`copy_rows!`](crate::copy_rows) declares the row of a table beside the statements of that table, and
//! the compiler compares it with the table: a column more, less or of another type does not compile.

use std::marker::PhantomData;

use sqlx::{
    Encode, PgConnection, Postgres, encode::IsNull, error::BoxDynError, postgres::PgArgumentBuffer,
};

/// A row of one table, with every column that can be written.
pub trait CopyRow {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];

    /// Appends the values, in the order of the columns.
    ///
    /// # Errors
    /// When a value cannot be encoded.
    fn encode(&self, fields: &mut CopyFields) -> Result<(), BoxDynError>;
}

/// Encoded values.
pub struct CopyFields(PgArgumentBuffer);

impl CopyFields {
    /// Appends a value.
    ///
    /// # Errors
    /// When the value cannot be encoded.
    pub fn push<'q>(&mut self, value: &impl Encode<'q, Postgres>) -> Result<(), BoxDynError> {
        /// The length that marks a null.
        const NULL: i32 = -1;
        let start = self.0.len();
        self.0.extend(NULL.to_be_bytes());
        if let IsNull::No = value.encode_by_ref(&mut self.0)? {
            let length = i32::try_from(self.0.len() - start - 4)?;
            self.0[start..start + 4].copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }
}

/// The rows of one table, encoded.
pub struct CopyRows<R> {
    fields: CopyFields,
    count: u64,
    /// The first error; [`Self::write`] returns it.
    error: Option<BoxDynError>,
    row: PhantomData<fn(R)>,
}

impl<R: CopyRow> Default for CopyRows<R> {
    fn default() -> Self {
        let mut fields = PgArgumentBuffer::default();
        fields.extend(b"PGCOPY\n\xff\r\n\0");
        // No flags, no header extension.
        fields.extend([0; 8]);
        Self { fields: CopyFields(fields), count: 0, error: None, row: PhantomData }
    }
}

impl<R: CopyRow> CopyRows<R> {
    pub fn push(&mut self, row: &R) {
        self.fields.0.extend((R::COLUMNS.len() as i16).to_be_bytes());
        if let Err(error) = row.encode(&mut self.fields) {
            self.error.get_or_insert(error);
        }
        self.count += 1;
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// Writes all rows or none.
    ///
    /// # Errors
    /// When a value cannot be encoded, or Postgres refuses a row.
    pub async fn write(self, connection: &mut PgConnection) -> sqlx::Result<()> {
        self.write_to(R::TABLE, connection).await
    }

    /// Writes all rows or none, into another table with the same columns.
    ///
    /// # Errors
    /// When a value cannot be encoded, or Postgres refuses a row.
    pub async fn write_to(
        mut self,
        table: &str,
        connection: &mut PgConnection,
    ) -> sqlx::Result<()> {
        if let Some(error) = self.error {
            return Err(sqlx::Error::Encode(error));
        }
        if self.count == 0 {
            return Ok(());
        }
        // The trailer.
        self.fields.0.extend((-1_i16).to_be_bytes());
        let columns = R::COLUMNS.join(", ");
        let statement = format!("copy {table} ({columns}) from stdin (format binary)");
        let mut copy = connection.copy_in_raw(&statement).await?;
        copy.send(self.fields.0.as_slice()).await?;
        copy.finish().await?;
        Ok(())
    }
}

/// Declares rows for COPY: `Name in "table" { column: Type, … } generated { column: Type, … }`. The columns
/// after `generated` are those that Postgres computes. All are compared with the table when this compiles.
///
/// sqlx does not know multiranges: a table that has some says `Name in "table" (select "…")`, with the other
/// columns, and names them after `unread`. These are not compared, and a test must look for new columns.
#[macro_export]
macro_rules! copy_rows {
    (@select $row:ident, $table:tt) => {
        sqlx::query_as!($row, "select * from " + $table)
    };
    (@select $row:ident, $table:tt, $columns:tt) => {
        sqlx::query_as!($row, "select " + $columns + " from " + $table)
    };
    ($(
        $(#[$doc:meta])*
        $row:ident in $table:tt $((select $columns:tt))? { $($column:ident: $type:ty),+ $(,)? }
        $(unread { $($unread:ident: $unread_type:ty),* $(,)? })?
        generated { $($generated:ident: $generated_type:ty),* $(,)? }
    )+) => {$(
        $(#[$doc])*
        pub struct $row {
            $(pub $column: $type,)+
            $($(pub $unread: $unread_type,)*)?
        }

        impl $crate::CopyRow for $row {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] =
                &[$(stringify!($column),)+ $($(stringify!($unread),)*)?];

            fn encode(
                &self,
                fields: &mut $crate::CopyFields,
            ) -> Result<(), sqlx::error::BoxDynError> {
                $(fields.push(&self.$column)?;)+
                $($(fields.push(&self.$unread)?;)*)?
                Ok(())
            }
        }

        const _: () = {
            #[expect(dead_code, reason = "compared with the table by the query below, never made")]
            struct WholeRow {
                $($column: $type,)+
                $($generated: $generated_type,)*
            }

            #[expect(dead_code, reason = "checked by the compiler, never run")]
            fn compare_with_table() {
                let _ = $crate::copy_rows!(@select WholeRow, $table $(, $columns)?);
            }
        };
    )+};
}
