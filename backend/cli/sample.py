"""Loading the sample office into an empty database: people, a month of tasks, one closed period; nothing is said aloud."""
