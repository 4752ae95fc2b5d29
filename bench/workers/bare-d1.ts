/** The least that an answer asked of D1 can cost: one row by its key. */
interface Bindings {
  DB: D1Database
}

export default {
  async fetch(_request: Request, env: Bindings): Promise<Response> {
    return Response.json(await env.DB.prepare('SELECT * FROM person WHERE id = ?').bind(1).first())
  },
}
