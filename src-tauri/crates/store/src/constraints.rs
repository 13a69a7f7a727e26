//! The constraints of all collections' data models, as the mirror keeps them.

use crate::columns::{json, parse};
use crate::constraint::Constraint;
use crate::{Ledger, StoreError};
use leeward_schema::DataModel;
use std::rc::Rc;

impl Ledger<'_> {
    /// All constraints that the mirror knows; read once in a transaction.
    pub(crate) fn constraints(&self) -> Result<Rc<[Constraint]>, StoreError> {
        if let Some(known) = self.constraints.borrow().as_ref() {
            return Ok(known.clone());
        }
        let sql = "SELECT collection, name, fields, target FROM constraints ORDER BY collection, name";
        let mut select = self.tx.prepare_cached(sql)?;
        let mut rows = select.query([])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(Constraint {
                collection: row.get(0)?,
                name: row.get(1)?,
                fields: parse(&row.get::<_, String>(2)?, "a constraint")?,
                target: row.get(3)?,
            });
        }
        let all: Rc<[Constraint]> = all.into();
        *self.constraints.borrow_mut() = Some(all.clone());
        Ok(all)
    }

    /// From now on the collection has the constraints of this model. Where they are others than before, all of its records
    /// are judged.
    pub(crate) fn put_constraints(&self, model: &DataModel) -> Result<(), StoreError> {
        let collection = model.collection();
        let wanted = Constraint::all_of(model);
        let all = self.constraints()?;
        if all
            .iter()
            .filter(|one| one.collection == collection)
            .eq(wanted.iter())
        {
            return Ok(());
        }
        self.drop_constraints(collection)?;
        let sql = "INSERT INTO constraints (collection, name, fields, target) VALUES (?1, ?2, ?3, ?4)";
        for one in &wanted {
            self.tx.prepare_cached(sql)?.execute((
                &one.collection,
                &one.name,
                json(&one.fields)?,
                &one.target,
            ))?;
        }
        *self.constraints.borrow_mut() = None;
        for record in self.records(collection)? {
            wanted
                .iter()
                .try_for_each(|one| self.judge_value(one, &record.key, None, Some(&record)))?;
        }
        Ok(())
    }

    /// The collection has no constraints any more, and none of them is broken.
    pub(crate) fn drop_constraints(&self, collection: &str) -> Result<(), StoreError> {
        self.forget_violations_of(collection)?;
        for table in ["constraint_values", "constraints"] {
            self.tx
                .prepare_cached(&format!("DELETE FROM {table} WHERE collection = ?1"))?
                .execute([collection])?;
        }
        *self.constraints.borrow_mut() = None;
        Ok(())
    }
}
