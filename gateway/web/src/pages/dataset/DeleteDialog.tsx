import { useNavigate } from '@tanstack/react-router';
import { call, testApi } from '../../api/client';
import { queryClient } from '../../api/queryClient';
import type { Dataset } from '../../api/types';
import { useAction } from '../../session/useAction';
import { Dialog } from '../../ui/Dialog';
import { toast } from '../../ui/Toasts';
import { words as common } from '../../words/en';
import { testWords } from '../../words/tests';

const words = testWords.dataset;

interface DeleteDialogProps {
  dataset: Dataset;
  userId: string;
  onClose: () => void;
}

/** Asks before a data set is deleted, and says what stays. */
export function DeleteDialog({ dataset, userId, onClose }: DeleteDialogProps) {
  const navigate = useNavigate();
  const remove = useAction(() => call(testApi.DELETE('/api/tests/datasets/{id}', { params: { path: { id: dataset.id } } })), {
    showsError: true,
    onDone: () => {
      toast(words.removed);
      void queryClient.invalidateQueries({ queryKey: ['datasets', userId] });
      // Its runs are without its name from now on.
      void queryClient.invalidateQueries({ queryKey: ['runs', userId] });
      void navigate({ to: '/tests' });
    },
  });
  return (
    <Dialog title={words.removeTitle(dataset.name)} onClose={onClose}>
      <p>{words.removeHint}</p>
      {remove.error && (
        <p className="notice danger" role="alert">
          {remove.error.message}
        </p>
      )}
      <div className="form-row">
        <button type="button" className="button danger" aria-disabled={remove.isPending} onClick={() => remove.run(undefined)}>
          {remove.isPending ? words.removing : words.removeConfirm}
        </button>
        <button type="button" className="button plain" onClick={onClose}>
          {common.cancel}
        </button>
      </div>
    </Dialog>
  );
}
