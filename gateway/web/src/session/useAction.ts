import { useMutation } from '@tanstack/react-query';
import { toast } from '../ui/Toasts';
import { words } from '../words/en';
import { useRequireSignIn } from './useSession';

interface ActionOptions<T> {
  /** Shows the error beside the control instead of in a toast. */
  showsError?: boolean;
  onDone?: (result: T) => void;
}

/**
 * Returns an action that needs an account: it asks for one first, and says why it failed. Nothing happens
 * where the reader does not sign in, or while the action before is still on its way.
 */
export function useAction<Input, T>(action: (input: Input) => Promise<T>, { showsError = false, onDone }: ActionOptions<T> = {}) {
  const requireSignIn = useRequireSignIn();
  const mutation = useMutation({
    mutationFn: async (input: Input) => ((await requireSignIn()) ? { result: await action(input) } : undefined),
    onSuccess: (done) => done && onDone?.(done.result),
    onError: (error) => {
      if (!showsError) toast(error instanceof Error ? error.message : words.errors.title);
    },
  });
  return {
    run: (input: Input) => {
      if (!mutation.isPending) mutation.mutate(input);
    },
    isPending: mutation.isPending,
    error: mutation.error,
    reset: mutation.reset,
  };
}
