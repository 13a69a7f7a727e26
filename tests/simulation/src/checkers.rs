//! One checker for each invariant of the design. They judge by the world's own journal, and by what the mirrors and
//! windows show.

mod desk;
mod end;
mod runs;
mod writes;
