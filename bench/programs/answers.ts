/** One question of the benchmark to a process it started, and the reply. */
export interface Question {
  id: number;
  ask: string;
  payload: unknown;
}

export interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

/** Answers one kind of question over the channel to the parent. The process ends when the parent is gone. */
export function answer<Payload>(ask: string, reply: (payload: Payload) => unknown): void {
  const send = (message: Answer) => process.send?.(message);
  process.on('message', (message) => {
    const question = message as Question;
    if (question.ask !== ask) return;
    Promise.resolve(question.payload as Payload)
      .then(reply)
      .then(
        (value) => send({ id: question.id, value }),
        (error: unknown) => send({ id: question.id, error: error instanceof Error ? error.message : String(error) }),
      );
  });
}
