/**
 * The servers that test/node/servers.ts starts, by loopback port. Tests read it with
 * `inject('mailServers')`.
 */
interface MailServers {
  /**
   * HTTP: `GET /mails`, `/credentials`, `/requests` and `/connections` show what arrived; `POST
   * /resend/<status>` simulates Resend.
   */
  http: number
  /**
   * smtp-server without STARTTLS, with AUTH PLAIN and LOGIN in plain text. Its behaviour depends on
   * the recipient's name.
   */
  clear: number
  /** The same with AUTH LOGIN only, and without SMTPUTF8. */
  loginOnly: number
  /** smtp-server that offers STARTTLS with an untrusted certificate. */
  untrusted: number
  /** Sends an injected reply with its STARTTLS response, before the handshake. */
  injecting: number
  /** Accepts connections and never sends anything. */
  silent: number
  /** Sends one character at a time, and never a complete reply. */
  trickling: number
  /** Greets with 554. */
  unwelcoming: number
}

declare module 'vitest' {
  interface ProvidedContext {
    mailServers: MailServers
    /**
     * Implements the k-anonymity range protocol of breached passwords (test/node/breach-server.ts).
     */
    breachPort: number
    /** Receives webhooks; its behaviour depends on the path (test/node/webhook-receiver.ts). */
    webhookPort: number
    /** Serves client id metadata documents (test/node/document-server.ts). */
    documentPort: number
  }
}

export {}
