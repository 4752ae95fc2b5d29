declare namespace Cloudflare {
  interface Env {
    SETUP_TOKEN: string
    TOKEN_KEYS: string
    DATA_KEYS: string
    TEST_MIGRATIONS: import('cloudflare:test').D1Migration[]
  }
}

/** A file's text, as vite gives it. */
declare module '*?raw' {
  const text: string
  export default text
}

interface ImportMeta {
  /** The files of a pattern, by path, as vite gives them. */
  glob<T>(pattern: string, options: { eager: true }): Record<string, T>
  glob<T>(
    pattern: string,
    how: { query: string; import: string; eager: true },
  ): Readonly<Record<string, T>>
}
