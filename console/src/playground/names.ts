/** `player-2` as a person says it. */
export function playerName(id: string): string {
  return id.replace('player-', 'Player ');
}
