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
