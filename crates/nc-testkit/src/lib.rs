//! Boots the shipped assembly for tests.
