//! Other people's formats, in and out: cut lists in CSV.
//!
//! Never opens media: what is in the files is handed in.

mod cut_list;

pub use cut_list::{AssembleError, AssembleOptions, Cut, CutListError, assemble, read_cut_list};
