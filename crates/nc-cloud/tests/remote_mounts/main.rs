//! What people on other servers share, among the files of the one with whom they share it. The other server is a cloud as well,
//! or a liar.

#![cfg(test)]

mod across;
mod hostile;
mod listings;
mod mounts;
mod town;
mod writes;
