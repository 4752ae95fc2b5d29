/**
 * A Worker with notes to protect: any signed-in user reads them, and only users with `write:all`
 * clear them.
 */
import { Hono } from 'hono'
import { type Gatehouse, requirePermission, requireUser } from './gatehouse'

const app = new Hono<Gatehouse>()
const notes: string[] = []

app.get('/', (c) => c.text('Open to everybody. The notes are at /notes.\n'))

app.use('/notes', requireUser())
app.get('/notes', (c) => c.json({ reader: c.get('user').id, notes }))
app.post('/notes', async (c) => {
  notes.push(await c.req.text())
  return c.json({ notes }, 201)
})
app.delete('/notes', requirePermission('write:all'), (c) => {
  notes.length = 0
  return c.body(null, 204)
})

export default app
