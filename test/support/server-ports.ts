/** What test/node/servers.ts starts, by loopback port; tests read it by `inject('mailServers')`. */
interface MailServers {
  /** HTTP: `GET /mails`, `/credentials`, `/requests` and `/connections` show what arrived; `POST /resend/<status>` plays Resend. */
  http: number
  /** smtp-server without STARTTLS, with AUTH PLAIN and LOGIN in clear. Behaves by the recipient's name. */
  clear: number
  /** The same with AUTH LOGIN only, and without SMTPUTF8. */
  loginOnly: number
  /** smtp-server that offers STARTTLS under a certificate nobody trusts. */
  untrusted: number
  /** Answers STARTTLS with a reply that was slipped in before the handshake. */
  injecting: number
  /** Takes connections and never says a word. */
  silent: number
  /** Sends one character at a time, never a whole reply. */
  trickling: number
  /** Greets with 554. */
  unwelcoming: number
}

declare module 'vitest' {
  interface ProvidedContext {
    mailServers: MailServers
    /** Speaks the k-anonymity range protocol of breached passwords (test/node/breach-server.ts). */
    breachPort: number
    /** Receives webhooks and behaves by path (test/node/webhook-receiver.ts). */
    webhookPort: number
  }
}

export {}
